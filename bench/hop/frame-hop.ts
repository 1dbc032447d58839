/**
 * From the instant at which a frame is due at the broker to a reader of the engine's ring, and what that takes of the
 * feed's thread. Beside it two that only receive, so that the library's part and ours are seen apart.
 *
 *   load generator ══WebSocket══▶ frames found by their headers                                       (socket)
 *   (a burst each ms,          ├▶ ws                                                                  (ws)
 *    one connection)           └▶ ws ─▶ decode ─▶ tick message ─▶ ring, last value ──▶ reader thread  (feed worker)
 *                                 (the engine's own, one thread)
 */
import type { StreamMode } from '../end-to-end/tick-format.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { FRAME_WAYS, type FrameRun, FrameStage, type FrameWay, INSTRUMENTS } from './frame-stage.ts';
import { costTable, type FrameCell, frameFigures, framePlots, latencyTable } from './frame-tables.ts';

const MODES: readonly StreamMode[] = ['ltp', 'quote', 'depth'];
const RATES = [1000, 10_000, 45_000, 100_000];
const SMOKE_RATE = 10_000;
const WARM_UP_RATE = 45_000;
const LEAD_IN_SECONDS = 0.2;
const SMOKE_LEAD_IN_SECONDS = 0.05;
const WARM_UP_SECONDS = 0.5;

const nameOf = (way: FrameWay, mode: StreamMode, perSecond: number) => `${way}, ${mode}, ${perSecond}/s`;

function chooseCells(isSmoke: boolean): FrameCell[] {
  const rates = isSmoke ? [SMOKE_RATE] : RATES;
  return MODES.flatMap((mode) =>
    rates.flatMap((perSecond) =>
      FRAME_WAYS.map((way) => ({ name: nameOf(way, mode, perSecond), way, mode, perSecond })),
    ),
  );
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, rounds, seconds, progress } = context;
  const stage = await FrameStage.open(context);
  const all = chooseCells(isSmoke);
  if (!isSmoke) {
    progress('frame-hop: warm-up');
    const fast = all.filter(({ perSecond }) => perSecond === WARM_UP_RATE);
    for (const cell of fast) await stage.run(cell, 0, WARM_UP_SECONDS);
  }
  const leadIn = isSmoke ? SMOKE_LEAD_IN_SECONDS : LEAD_IN_SECONDS;
  const cells = new Map<FrameCell, FrameRun[]>(all.map((cell) => [cell, []]));
  for (let round = 0; round < rounds; round++) {
    for (const cell of all) {
      progress(`frame-hop: round ${round + 1} of ${rounds}, ${cell.name}`);
      cells.get(cell)!.push(await stage.run(cell, leadIn, seconds));
    }
  }
  const grid = all
    .filter(({ way }) => way === FRAME_WAYS[0])
    .map(({ mode, perSecond }) => [mode, perSecond] as const);
  return {
    tables: [latencyTable(cells), costTable(cells, grid)],
    plots: framePlots(cells, grid),
    figures: frameFigures(cells, grid),
    conditions: {
      instruments: INSTRUMENTS,
      connections: 1,
      burstsPerSecond: 1000,
      waitStrategy: "backoff, the engine's default",
      warmUpSecondsPerWayAndMode: isSmoke ? 0 : WARM_UP_SECONDS,
      leadInSecondsPerRun: leadIn,
      secondsPerRun: seconds,
      rounds,
    },
    rounds: [...cells].map(([{ name }, runs]) => ({ name, runs })),
    failures: [...cells].flatMap(([{ name }, runs]) =>
      runs
        .filter(({ sent, received }) => received !== sent)
        .map(({ sent, received }) => `${name}: ${received} of ${sent} frames arrived`),
    ),
  };
}

export const frameHop: Scenario = {
  name: 'frame-hop',
  group: 'hop',
  file: import.meta.filename,
  summary: 'frames on a socket to a reader of the ring, beside ws alone and a bare socket, by mode and rate',
  defaultSeconds: 0.8,
  smokeSeconds: 0.05,
  defaultRounds: 3,
  run,
};

/**
 * What the engine's threads do when there is nothing to do: connected to the broker, and no tick comes.
 *
 *   load generator ══3 × WebSocket══▶ engine ──WebSocket──▶ 1 JSON client, or none
 *   (silent)                             ▲
 *                                        └── CPU of each thread, by the scheduler's account in ns
 */
import { setTimeout as delay } from 'node:timers/promises';
import { figureOf } from '../harness/figure.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import { startEngine } from './engine-contender.ts';
import type { EngineProcess } from './engine-process.ts';
import { Stage, startGenerator } from './stage.ts';
import { ThreadReports, WATCH_FLAGS } from './thread-reports.ts';

const INSTRUMENTS = 3000;
const NOBODY = 'nobody subscribed';
const SUBSCRIBED = `1 client, ${INSTRUMENTS} instruments`;
/** After a start or a subscription V8 collects the garbage of each thread step by step for about as long: no idleness yet. */
const SETTLE_SECONDS = 40;
/** Threads of Node and of V8 that have no name of ours. */
const OTHERS = 'others';

/** Percent of a core by the name of a thread; those of one name together. */
type Shares = ReadonlyMap<string, number>;

async function watch(engine: EngineProcess, reports: ThreadReports, seconds: number): Promise<Shares | null> {
  const before = engine.threads();
  const beganAt = performance.now();
  await delay(seconds * 1000);
  const after = engine.threads();
  const elapsedUs = (performance.now() - beganAt) * 1000;
  if (before === null || after === null) return null;
  reports.follow(engine.output);
  const shares = new Map<string, number>();
  for (const [tid, { cpuUs }] of after) {
    const name = reports.names.get(tid) ?? OTHERS;
    const share = (100 * (cpuUs - (before.get(tid)?.cpuUs ?? 0))) / elapsedUs;
    shares.set(name, (shares.get(name) ?? 0) + share);
  }
  return shares;
}

const totalOf = (shares: Shares) => [...shares.values()].reduce((sum, share) => sum + share, 0);

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const generator = await startGenerator(context);
  const contender = await startEngine(context, generator, INSTRUMENTS, [], { nodeFlags: WATCH_FLAGS });
  const [engine] = contender.processes;
  const reports = new ThreadReports();
  const stage = new Stage(context, generator, contender);
  const settle = context.isSmoke ? 0 : SETTLE_SECONDS;
  const cells = new Map<string, Shares[]>();
  // The two states are not compared to each other: each is looked at several times, and entered once.
  const rest = async (name: string) => {
    context.progress(`idle: ${name}, ${settle} s to settle`);
    await delay(settle * 1000);
    for (let round = 0; round < context.rounds; round++) {
      context.progress(`idle: ${name}, round ${round + 1} of ${context.rounds}`);
      const shares = await watch(engine, reports, context.seconds);
      if (shares !== null) cells.set(name, [...(cells.get(name) ?? []), shares]);
    }
  };
  await rest(NOBODY);
  await stage.connect({
    framing: 'json',
    perSecond: 0,
    instruments: INSTRUMENTS,
    clients: 1,
    sampled: 1,
    seconds: context.seconds,
  });
  await rest(SUBSCRIBED);
  await stage.disconnect();
  const names = [...new Set([...cells.values()].flat().flatMap((shares) => [...shares.keys()]))];
  const rows = [...cells].map(([name, rounds]) => [
    name,
    formatSpread(spreadOf(rounds.map(totalOf)), 2),
    ...names.map((thread) => formatSpread(spreadOf(rounds.map((shares) => shares.get(thread) ?? 0)), 3)),
  ]);
  const subscribed = (cells.get(SUBSCRIBED) ?? []).map(totalOf);
  const nobody = (cells.get(NOBODY) ?? []).map(totalOf);
  return {
    tables: [{ title: 'Idle: CPU, % of a core', columns: ['', 'all threads', ...names], rows }],
    figures:
      subscribed.length === 0
        ? {}
        : {
            'CPU of the idle engine': figureOf(subscribed, '% of a core'),
            'CPU of the idle engine, nobody subscribed': figureOf(nobody, '% of a core'),
          },
    conditions: {
      instruments: INSTRUMENTS,
      ticksPerSecond: 0,
      secondsPerLook: context.seconds,
      settleSeconds: settle,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([name, rounds]) => ({ name, shares: rounds.map(Object.fromEntries) })),
    failures: [],
  };
}

export const idle: Scenario = {
  name: 'idle',
  group: 'end-to-end',
  summary: 'CPU of an engine to which no ticks come, thread by thread',
  file: import.meta.filename,
  defaultSeconds: 10,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};

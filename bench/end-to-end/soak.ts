/**
 * Whether the engine loses nothing, and its memory stays where it is, on three full connections: its resident set after
 * the first fifth of the time, and at the end.
 *
 *   load generator ══3 × WebSocket══▶ engine ──WebSocket──▶ 1 JSON client
 *   (45,000 quotes/s)                    ▲
 *                                        └── VmRSS, every second
 */

import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { spreadOf } from '../harness/spread.ts';
import { Stage } from './stage.ts';

const INSTRUMENTS = 3000;
const PER_SECOND = 45_000;
const WARM_UP_PART = 0.2;
/** Samples whose median stands for a moment: one alone depends on where the garbage collector is. */
const SAMPLES = 5;
const SAMPLES_PER_RUN = 60;

interface Sample {
  readonly seconds: number;
  readonly rssMiB: number;
}

/** The median around a moment. */
function rssAround(samples: readonly Sample[], seconds: number): number {
  const nearest = [...samples]
    .sort((a, b) => Math.abs(a.seconds - seconds) - Math.abs(b.seconds - seconds))
    .slice(0, SAMPLES);
  return spreadOf(nearest.map(({ rssMiB }) => rssMiB)).median;
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { seconds } = context;
  const stage = await Stage.ofEngine(context, INSTRUMENTS);
  const options = {
    framing: 'json',
    perSecond: PER_SECOND,
    instruments: INSTRUMENTS,
    clients: 1,
    sampled: 1,
    seconds,
  } as const;
  await stage.connect(options);
  const start = performance.now();
  const samples: Sample[] = [];
  const timer = setInterval(
    () => {
      const usage = stage.server.usage();
      if (usage === null) return;
      samples.push({ seconds: (performance.now() - start) / 1000, rssMiB: usage.rssMiB });
      if (samples.length % 10 === 0)
        context.progress(
          `soak: ${samples.at(-1)!.seconds.toFixed(0)} of ${seconds} s, ${usage.rssMiB.toFixed(0)} MiB`,
        );
    },
    (seconds * 1000) / SAMPLES_PER_RUN,
  );
  context.cleanup.add(() => clearInterval(timer));
  const result = await stage.load(options);
  clearInterval(timer);
  await stage.disconnect();
  const failures = result.failures.map((failure) => `soak: ${failure}`);
  const conditions = { ticksPerSecond: PER_SECOND, instruments: INSTRUMENTS, framing: 'json', seconds };
  if (samples.length === 0) {
    return {
      tables: [],
      conditions: { ...conditions, rss: 'not known here' },
      rounds: [{ name: 'soak', runs: [result] }],
      failures,
    };
  }
  const early = rssAround(samples, seconds * WARM_UP_PART);
  const late = rssAround(samples, seconds);
  const highest = Math.max(...samples.map(({ rssMiB }) => rssMiB));
  const rows = [
    [`after ${(seconds * WARM_UP_PART).toFixed(0)} s`, early.toFixed(1), '1.000'],
    [`after ${seconds} s`, late.toFixed(1), (late / early).toFixed(3)],
    ['highest', highest.toFixed(1), (highest / early).toFixed(3)],
  ];
  const title = `Soak: resident memory of the engine at ${PER_SECOND} ticks/s`;
  return {
    tables: [{ title, columns: ['', 'RSS MiB', '× the first'], rows }],
    conditions: { ...conditions, delivered: result.received, lost: result.lost },
    rounds: [{ name: 'soak', runs: [result] }, { samples }],
    failures,
  };
}

export const soak: Scenario = {
  name: 'soak',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'loss and memory at 45,000 ticks/s; for a verdict give it --seconds 600',
  defaultSeconds: 60,
  smokeSeconds: 1,
  defaultRounds: 1,
  run,
};

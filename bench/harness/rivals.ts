/**
 * Ways to do one thing, measured beside each other in one run: first ours, then its rivals. Absolute times belong to this
 * machine and this hour; the ratio of two neighbours in one round is what survives both.
 */
import { figureOf } from './figure.ts';
import type { ScenarioContext, ScenarioReport } from './scenario.ts';
import { formatSpread, spreadOf } from './spread.ts';

export interface Contender {
  readonly name: string;
  /**
   * Does the thing for the inputs number `from` to `from + count - 1`, which it takes modulo what it has.
   * @returns a number that depends on every result, so that no work can be left out
   */
  readonly run: (from: number, count: number) => number;
  /** Operations between two looks at the clock; 2048 unless one takes long. */
  readonly slice?: number;
  /** The figure that its time over ours becomes: of several contenders with the same one, the smallest in each round. */
  readonly figure?: string;
}

export interface Match {
  readonly title: string;
  /** What is compared, ours first. */
  readonly contenders: readonly [Contender, ...Contender[]];
}

const SLICE = 2048;
const WARM_UP_SECONDS = 0.3;
const SMOKE_WARM_UP_SECONDS = 0.01;

let sink = 0;

/** @returns ns per operation */
function measure(contender: Contender, seconds: number): number {
  const start = performance.now();
  const end = start + seconds * 1000;
  const { slice = SLICE } = contender;
  let operations = 0;
  let now = start;
  do {
    sink += contender.run(operations, slice);
    operations += slice;
    now = performance.now();
  } while (now < end);
  return ((now - start) * 1e6) / operations;
}

/** Measures all matches: in each round every contender once, one after the other. */
export function runMatches(
  matches: readonly Match[],
  context: ScenarioContext,
  title: string,
): ScenarioReport {
  const warmUp = context.isSmoke ? SMOKE_WARM_UP_SECONDS : WARM_UP_SECONDS;
  const contenders = matches.flatMap((match) => match.contenders);
  for (const contender of contenders) measure(contender, warmUp);
  const times = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < context.rounds; round++) {
    context.progress(`${title}: round ${round + 1} of ${context.rounds}`);
    for (const contender of contenders) times.get(contender)!.push(measure(contender, context.seconds));
  }
  if (!Number.isFinite(sink)) throw new Error('the sink of the measured results is not a number');

  const rows: string[][] = [];
  const figures = new Map<string, number[]>();
  const rounds: unknown[] = [];
  for (const { title: what, contenders: rivals } of matches) {
    const ours = times.get(rivals[0])!;
    for (const contender of rivals) {
      const own = times.get(contender)!;
      const isOurs = contender === rivals[0];
      const ratios = own.map((time, i) => time / ours[i]!);
      rows.push([
        isOurs ? what : '',
        contender.name,
        formatSpread(spreadOf(own), 0),
        isOurs ? '1' : formatSpread(spreadOf(ratios), 2),
      ]);
      if (contender.figure !== undefined) {
        const others = figures.get(contender.figure) ?? ratios;
        figures.set(
          contender.figure,
          ratios.map((ratio, i) => Math.min(ratio, others[i]!)),
        );
      }
      rounds.push({
        name: `${what}: ${contender.name}`,
        runs: own.map((nsPerOperation, i) => ({ nsPerOperation, timesOurs: ratios[i] })),
      });
    }
  }
  return {
    tables: [{ title, columns: ['what', 'how', 'ns per op, median (quartiles)', '× ours'], rows }],
    conditions: { warmUpSecondsEach: warmUp, secondsEachPerRound: context.seconds, rounds: context.rounds },
    figures: Object.fromEntries([...figures].map(([name, values]) => [name, figureOf(values, '×')])),
    rounds,
    failures: [],
  };
}

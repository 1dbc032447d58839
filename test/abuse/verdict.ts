/** What the rounds of an attack come to. */
import { spreadOf } from '../../bench/harness/spread.ts';
import type { AttackReport } from './report.ts';
import type { AttackOutcome } from './tally.ts';

/** A healthy client's 99th percentile under attack over the undisturbed one's: the aim, which is no gate. */
export const P99_AIM = 2;

export interface Verdict {
  /** Deliveries to healthy clients that are missing, over all rounds. */
  readonly lost: number;
  readonly deliveries: number;
  /** Medians of the rounds: µs, and the ratio formed within each. */
  readonly quietP99: number;
  readonly attackP99: number;
  readonly ratio: number;
  /** The same while another engine was attacked, and the ratio to that; null in a run without. */
  readonly neighbourP99: number | null;
  readonly neighbourRatio: number | null;
  readonly peakMiB: number | null;
  /** Attackers, over all rounds. */
  readonly outcome: Pick<AttackOutcome, 'opened' | 'messages' | 'bytes' | 'answers' | 'ends'>;
}

const median = (values: readonly number[]) => spreadOf(values).median;
const medianOfAny = (values: readonly number[]) => (values.length === 0 ? null : median(values));

function addCounts(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** @throws RangeError for an attack without rounds */
export function verdictOf({ rounds }: Pick<AttackReport, 'rounds'>): Verdict {
  const attacks = rounds.map(({ attack }) => attack);
  const outcomes = attacks.flatMap(({ attackers }) => (attackers === null ? [] : [attackers]));
  const sum = (of: (outcome: AttackOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const besides = rounds.flatMap(({ attack, neighbour }) =>
    neighbour === null ? [] : [{ attack, neighbour }],
  );
  const peaks = attacks.flatMap(({ peakMiB }) => (peakMiB === null ? [] : [peakMiB]));
  return {
    lost: attacks.reduce((total, { lost }) => total + lost, 0),
    deliveries: attacks.reduce((total, { received }) => total + received, 0),
    quietP99: median(rounds.map(({ quiet }) => quiet.latency.p99)),
    attackP99: median(attacks.map(({ latency }) => latency.p99)),
    ratio: median(rounds.map(({ quiet, attack }) => attack.latency.p99 / quiet.latency.p99)),
    neighbourP99: medianOfAny(besides.map(({ neighbour }) => neighbour.latency.p99)),
    neighbourRatio: medianOfAny(
      besides.map(({ attack, neighbour }) => attack.latency.p99 / neighbour.latency.p99),
    ),
    peakMiB: peaks.length === 0 ? null : Math.max(...peaks),
    outcome: {
      opened: sum(({ opened }) => opened),
      messages: sum(({ messages }) => messages),
      bytes: sum(({ bytes }) => bytes),
      answers: addCounts(outcomes.map(({ answers }) => answers)),
      ends: addCounts(outcomes.map(({ ends }) => ends)),
    },
  };
}

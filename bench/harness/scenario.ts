/** What a scenario of the suite is, and what it gives back. */
import type { Cleanup } from './cleanup.ts';
import type { Figure } from './figure.ts';
import type { Table } from './table.ts';

export interface ScenarioContext {
  /** Measured time of one run of one thing, s. */
  readonly seconds: number;
  /** How often everything is measured; the things that are compared take turns within a round. */
  readonly rounds: number;
  readonly isSmoke: boolean;
  readonly cleanup: Cleanup;
  /** Tells a person how far it is; nothing that is read later. */
  readonly progress: (text: string) => void;
}

export interface PlotSeries {
  readonly name: string;
  /** µs at PLOT_PERCENTILES: the median of the rounds at each. Ends where a percentile stands for less than one event. */
  readonly curve: readonly number[];
}

/** Latencies by percentile, drawn in the HTML report. */
export interface Plot {
  readonly title: string;
  readonly series: readonly PlotSeries[];
}

export interface ScenarioReport {
  readonly tables: readonly Table[];
  readonly plots?: readonly Plot[];
  /** Single numbers with a name, from which aims are judged and documents filled; ratios are formed within each round. */
  readonly figures?: Readonly<Record<string, Figure>>;
  /** What the numbers depend on beyond the machine: rates, sizes, warm-up, flags. */
  readonly conditions: Readonly<Record<string, string | number>>;
  /**
   * Every single round, for the JSON file. Entries `{ name, runs }` with an element for each round can be compared to those
   * of another report and are looked through for a generator that was late: see `measured-rows.ts`.
   */
  readonly rounds: readonly unknown[];
  /** What is wrong whatever the machine: a lost tick, a connection that ended. Never a time. */
  readonly failures: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly group: 'micro' | 'hop' | 'end-to-end';
  readonly summary: string;
  /** The module's own path, `import.meta.filename`: the report takes the drawing from the comment in its head. */
  readonly file: string;
  readonly defaultSeconds: number;
  /** Tiny, and still every path of the scenario. */
  readonly smokeSeconds: number;
  readonly defaultRounds: number;
  run(context: ScenarioContext): Promise<ScenarioReport>;
}

/** What a scenario of the suite is, and what it gives back. */
import type { Cleanup } from './cleanup.ts';
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

export interface ScenarioReport {
  readonly tables: readonly Table[];
  /** What the numbers depend on beyond the machine: rates, sizes, warm-up, flags. */
  readonly conditions: Readonly<Record<string, string | number>>;
  /** Every single round, for the JSON file. */
  readonly rounds: readonly unknown[];
  /** What is wrong whatever the machine: a lost tick, a connection that ended. Never a time. */
  readonly failures: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly group: 'micro' | 'hop' | 'end-to-end';
  readonly summary: string;
  readonly defaultSeconds: number;
  /** Tiny, and still every path of the scenario. */
  readonly smokeSeconds: number;
  readonly defaultRounds: number;
  run(context: ScenarioContext): Promise<ScenarioReport>;
}

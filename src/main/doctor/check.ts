import type { Config, ConfigSources } from '../config-options.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import type { Outcome } from './finding.ts';
import type { RunningEngine } from './running-engine.ts';

/** What is to be run here: each role needs other things. */
export type Role = 'start' | 'feed' | 'proxy';

/** What a check may look at. Nothing of it writes anything. */
export interface DoctorContext {
  readonly role: Role;
  readonly config: Config;
  readonly sources: ConfigSources;
  /** Where relative paths start. */
  readonly cwd: string;
  /** ms since 1970 */
  readonly now: number;
  /** Null where none runs. */
  readonly engine: RunningEngine | null;
  /**
   * The database, open for reading, once for all checks; null where the embedded one is not there yet.
   * @throws TickwireError as the start of an engine would
   */
  readonly database: () => Promise<OpenDatabase | null>;
}

/** Looks at one thing. What it throws is a finding of its own: nothing is left out without a word. */
export type RunCheck = (context: DoctorContext) => Promise<readonly Outcome[]> | readonly Outcome[];

/** A check is a file of this folder, and a row in the table. */
export interface Check {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Loads the file: one that cannot be loaded, say for a missing binary, takes no other check with it. */
  readonly load: () => Promise<{ readonly check: RunCheck }>;
}

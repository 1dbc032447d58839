import { statSync } from 'node:fs';
import type { Logger } from 'pino';
import type { CurveServer } from '../../workers/reader-tasks.ts';
import { readAllowedKeys } from '../config/curve-allowed-file.ts';
import { allowedPath, chooseCurveServer, withOwnKey } from '../config/curve-setup.ts';
import type { Config } from '../config-options.ts';

/** Two looks without a change in between, and a changed list is taken over. */
const LOOK_MS = 1000;

export interface BusKeysOptions {
  readonly config: Config;
  /** Where the path of the list starts if that is relative. */
  readonly cwd: string;
  /** Called with each list that differs from the one before, Z85. */
  readonly onChange: (keys: readonly string[]) => void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly lookMs?: number;
}

/**
 * The keys of a feed host's bus. Notices that the list of those who may read it was changed: a file that is being written
 * is read when it has come to rest; one that cannot be used leaves the list as it was, with a warning. An empty one means
 * what it says: nobody.
 */
export class BusKeys {
  readonly #options: BusKeysOptions;
  readonly #path: string | null;
  #server: CurveServer | null;
  #timer: NodeJS.Timeout | undefined;
  /** What the file looked like at the last look, and when it was read. */
  #seen: string;
  #read: string;

  /** @throws TickwireError CONFIG_INVALID when the bus must not run as it is configured */
  constructor(options: BusKeysOptions) {
    const { config, cwd } = options;
    this.#options = options;
    this.#path = config.curveAllowed === null ? null : allowedPath(config.curveAllowed, cwd);
    // Before the list is read: what is written meanwhile is a change.
    this.#seen = this.#state();
    this.#read = this.#seen;
    this.#server = chooseCurveServer(config, cwd);
  }

  /** As of now; null for a bus without CURVE. */
  get server(): CurveServer | null {
    return this.#server;
  }

  /** Looks at the list from now on. */
  watch(): void {
    if (this.#server === null) return;
    this.#timer ??= setInterval(() => this.#look(), this.#options.lookMs ?? LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const state = this.#state();
    const isAtRest = state === this.#seen;
    this.#seen = state;
    if (!isAtRest || state === this.#read) return;
    this.#read = state;
    this.#readAgain();
  }

  #readAgain(): void {
    const { onChange, log } = this.#options;
    const path = this.#path;
    const server = this.#server;
    if (path === null || server === null) return;
    try {
      const keys = readAllowedKeys(path);
      const allowed = withOwnKey(server.publicKey, keys);
      if (allowed.join() === server.allowed.join()) return;
      this.#server = { ...server, allowed };
      log.info({ path, keys: keys.length }, 'the list of keys that may read the bus has changed');
      onChange(allowed);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ reason }, 'the list of keys that may read the bus stays as it was');
    }
  }

  /** Changes with every write; a file that is not there has a state too. */
  #state(): string {
    if (this.#path === null) return 'none';
    try {
      const { ino, size, mtimeMs } = statSync(this.#path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch {
      return 'unreadable';
    }
  }
}

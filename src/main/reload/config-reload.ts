/**
 * Reads the configuration again while the process lives. What is wrong with it is found before anything is changed, by all
 * that a start looks at; so a reload takes over every value that may change, or none. Main thread.
 */
import type { Logger } from 'pino';
import { type LoadedConfig, sourcesOf } from '../config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS, type Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { type ConfigChange, type ConfigChanges, configChanges } from './config-changes.ts';
import type { ListenersTls } from './listeners-tls.ts';
import type { LiveConfig } from './live-config.ts';

/** What runs with the configuration. */
export interface Reloadable {
  /**
   * What a start would say of a configuration before it begins with anything.
   *
   * @param next what will be in force of it without a start
   * @returns the certificates of `next`
   * @throws TickwireError
   */
  check(wanted: Config, next: Config): ListenersTls;
  /**
   * The values in force are others now. Resolves when every thread goes by them.
   *
   * @param tls what `check` gave
   * @returns options that name the same files as before, in which something else was found
   * @throws TickwireError when a part cannot go by them
   */
  reload(tls: ListenersTls): Promise<readonly ConfigChange[]>;
}

export interface ConfigReloadOptions {
  readonly live: LiveConfig;
  /** Reads all options anew. @throws TickwireError */
  readonly load: () => LoadedConfig;
  readonly host: Reloadable;
  /** The values in force are others now, those of the log and of a stop among them. */
  readonly onAdopted: () => void;
  readonly log: Logger;
}

interface WaitingReload {
  readonly causes: Set<string>;
  readonly changes: Promise<ConfigChanges>;
}

export class ConfigReload {
  readonly #options: ConfigReloadOptions;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: WaitingReload | null = null;

  constructor(options: ConfigReloadOptions) {
    this.#options = options;
  }

  /**
   * Reads and takes over, behind a reload that is under way. Who asks while one waits for that shares it: it has not read
   * anything yet. Resolves when everything goes by it.
   *
   * @param cause who asked, for the log
   * @throws TickwireError what is wrong with the configuration, of which nothing was taken over then
   */
  run(cause: string): Promise<ConfigChanges> {
    if (this.#waiting !== null) {
      this.#waiting.causes.add(cause);
      return this.#waiting.changes;
    }
    const causes = new Set([cause]);
    const changes = this.#last.then(() => {
      this.#waiting = null;
      return this.#run([...causes].join(', '));
    });
    this.#waiting = { causes, changes };
    this.#last = changes.catch(() => {});
    return changes;
  }

  async #run(cause: string): Promise<ConfigChanges> {
    const { live, load, host, onAdopted, log } = this.#options;
    let wanted: Config;
    let tls: ListenersTls;
    try {
      const loaded = load();
      refuseEmptiedEnvFile(live.view, loaded);
      wanted = loaded.config;
      tls = host.check(wanted, live.after(wanted));
    } catch (error) {
      log.error({ cause, ...reasonOf(error) }, 'the configuration was not reloaded: nothing has changed');
      throw error;
    }
    const found = configChanges(live.view, wanted);
    live.adopt(wanted);
    onAdopted();
    const ofFiles = await this.#tell(cause, tls);
    const renamed = new Set(found.reloaded.map(({ name }) => name));
    const reloaded = [...found.reloaded, ...ofFiles.filter(({ name }) => !renamed.has(name))];
    const changes = { ...found, reloaded };
    log.info({ cause, reloaded: changes.reloaded }, 'the configuration was reloaded');
    if (changes.needRestart.length > 0) {
      log.warn({ options: changes.needRestart }, 'options have changed that need a restart');
    }
    return changes;
  }

  async #tell(cause: string, tls: ListenersTls): Promise<readonly ConfigChange[]> {
    const { host, log } = this.#options;
    try {
      return await host.reload(tls);
    } catch (error) {
      log.error(
        { cause, ...reasonOf(error) },
        'a part of the engine does not go by the reloaded configuration',
      );
      throw error;
    }
  }
}

/**
 * In the instant in which an editor or a script writes the file anew it is empty, or not there: by that every limit and key
 * would go back to its default.
 *
 * @throws TickwireError CONFIG_INVALID when none of the options stands in `.env` any more, and values in force came from there
 */
function refuseEmptiedEnvFile(inForce: Config, { sources }: LoadedConfig): void {
  const before = sourcesOf(inForce);
  const lost = CONFIG_KEYS.filter((key) => before?.[key] === '.env');
  if (lost.length === 0 || CONFIG_KEYS.some((key) => sources[key] === '.env')) return;
  throw new TickwireError(
    'CONFIG_INVALID',
    `.env is not there, or holds no option, and values in force come from it (say ${CONFIG_OPTIONS[lost[0]!].env}): it is ` +
      'missing, or being written. Write it whole and reload again; an engine that shall do without it must be started again.',
  );
}

function reasonOf(error: unknown): { readonly code: string; readonly reason: string } {
  if (error instanceof TickwireError) return { code: error.code, reason: error.message };
  return { code: 'RELOAD_FAILED', reason: error instanceof Error ? error.message : String(error) };
}

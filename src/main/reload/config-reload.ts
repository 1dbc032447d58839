/**
 * Reads the configuration again while the process lives. What is wrong with it is found before anything is changed, by all
 * that a start looks at; so a reload takes over every value that may change, or none. Main thread.
 */
import type { Logger } from 'pino';
import type { LoadedConfig } from '../config.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { type ConfigChange, type ConfigChanges, configChanges } from './config-changes.ts';
import type { LiveConfig } from './live-config.ts';

/** What runs with the configuration. */
export interface Reloadable {
  /**
   * What a start would say of a configuration before it begins with anything.
   * @throws TickwireError
   */
  check(config: Config): void;
  /**
   * The values in force are others now. Resolves when every thread goes by them.
   *
   * @returns options that name the same files as before, in which something else was found
   * @throws TickwireError when a part cannot go by them
   */
  reload(): Promise<readonly ConfigChange[]>;
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

export class ConfigReload {
  readonly #options: ConfigReloadOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigReloadOptions) {
    this.#options = options;
  }

  /**
   * Reads and takes over, behind a reload that is under way. Resolves when everything goes by it.
   *
   * @param cause who asked, for the log
   * @throws TickwireError what is wrong with the configuration, of which nothing was taken over then
   */
  run(cause: string): Promise<ConfigChanges> {
    const next = this.#last.then(() => this.#run(cause));
    this.#last = next.catch(() => {});
    return next;
  }

  async #run(cause: string): Promise<ConfigChanges> {
    const { live, load, host, onAdopted, log } = this.#options;
    let wanted: Config;
    try {
      wanted = load().config;
      host.check(wanted);
    } catch (error) {
      log.error({ cause, ...reasonOf(error) }, 'the configuration was not reloaded: nothing has changed');
      throw error;
    }
    const found = configChanges(live.view, wanted);
    live.adopt(wanted);
    onAdopted();
    const ofFiles = await this.#tell(cause);
    const renamed = new Set(found.reloaded.map(({ name }) => name));
    const reloaded = [...found.reloaded, ...ofFiles.filter(({ name }) => !renamed.has(name))];
    const changes = { ...found, reloaded };
    log.info({ cause, reloaded: changes.reloaded }, 'the configuration was reloaded');
    if (changes.needRestart.length > 0) {
      log.warn({ options: changes.needRestart }, 'options have changed that need a restart');
    }
    return changes;
  }

  async #tell(cause: string): Promise<readonly ConfigChange[]> {
    const { host, log } = this.#options;
    try {
      return await host.reload();
    } catch (error) {
      log.error(
        { cause, ...reasonOf(error) },
        'a part of the engine does not go by the reloaded configuration',
      );
      throw error;
    }
  }
}

function reasonOf(error: unknown): { readonly code: string; readonly reason: string } {
  if (error instanceof TickwireError) return { code: error.code, reason: error.message };
  return { code: 'RELOAD_FAILED', reason: error instanceof Error ? error.message : String(error) };
}

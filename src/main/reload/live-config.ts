/**
 * The configuration in force. Everything of the main thread reads options from one object, whose values a reload replaces
 * where they may change while the process lives: whoever asks late, say for the task of a worker that is started again, has
 * what is in force then. What keeps a copy is told (`Host.reload`).
 */
import { takeSources } from '../config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS, type Config, type ConfigKey } from '../config-options.ts';

/** TLS is switched on and off by a start, since clients come with another scheme then. */
const REPLACED_ONLY: ReadonlySet<ConfigKey> = new Set(['tlsCert', 'tlsKey']);

/** Whether a reload may give an option this value in place of that one. */
export function isReloadable(key: ConfigKey, from: unknown, to: unknown): boolean {
  if (!CONFIG_OPTIONS[key].reloadable) return false;
  return !REPLACED_ONLY.has(key) || (from === null) === (to === null);
}

/** Options that a reload may change. */
export const RELOADABLE_KEYS: readonly ConfigKey[] = CONFIG_KEYS.filter(
  (key) => CONFIG_OPTIONS[key].reloadable,
);

export class LiveConfig {
  readonly #values: Config;

  /** @param config as the process was started with; the object stays as it is */
  constructor(config: Config) {
    this.#values = { ...config };
    takeSources(this.#values, config, CONFIG_KEYS);
  }

  /** The same object for the life of the process, whose values may be others after each `adopt`. */
  get view(): Config {
    return this.#values;
  }

  /** Takes over those values that a reload may change, in one go. */
  adopt(wanted: Config): void {
    const adopted = this.#adoptable(wanted);
    Object.assign(this.#values, this.after(wanted));
    takeSources(this.#values, wanted, adopted);
  }

  /** What would be in force behind `adopt`. */
  after(wanted: Config): Config {
    return {
      ...this.#values,
      ...Object.fromEntries(this.#adoptable(wanted).map((key) => [key, wanted[key]])),
    };
  }

  #adoptable(wanted: Config): readonly ConfigKey[] {
    return RELOADABLE_KEYS.filter((key) => isReloadable(key, this.#values[key], wanted[key]));
  }
}

/** The configuration in force, as the dashboard shows it. */
import { formatValue } from '../config/format-config.ts';
import {
  CONFIG_KEYS,
  CONFIG_OPTIONS,
  type Config,
  type ConfigSource,
  type ConfigSources,
} from '../config-options.ts';

export interface OptionView {
  /** In the environment. */
  readonly name: string;
  /** As in `.env`, with its unit; a secret only as `(set)`. */
  readonly value: string;
  /** Null where nobody noted it. */
  readonly source: ConfigSource | null;
  readonly doc: string;
  readonly reloadable: boolean;
}

/** Every option; what is secret is not in it. */
export function configView(config: Config, sources: ConfigSources | null): OptionView[] {
  return CONFIG_KEYS.map((key) => {
    const { env, doc, secret, reloadable } = CONFIG_OPTIONS[key];
    const value = secret && config[key] !== null ? '(set)' : formatValue(key, config[key]);
    return { name: env, value, source: sources?.[key] ?? null, doc, reloadable };
  });
}

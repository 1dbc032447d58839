/** What a configuration that was read again has otherwise than the one in force. */
import { isDeepStrictEqual } from 'node:util';
import { formatValue } from '../config/format-config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS, type Config } from '../config-options.ts';

/** One option, with its values as somebody would write them; those of secrets are hidden. */
export interface ConfigChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface ConfigChanges {
  /** In force from now on. */
  readonly reloaded: readonly ConfigChange[];
  /** In force with the next start. */
  readonly needRestart: readonly ConfigChange[];
}

/** In the order of the options' declarations. */
export function configChanges(inForce: Config, wanted: Config): ConfigChanges {
  const reloaded: ConfigChange[] = [];
  const needRestart: ConfigChange[] = [];
  for (const key of CONFIG_KEYS) {
    if (isDeepStrictEqual(inForce[key], wanted[key])) continue;
    const { env, reloadable } = CONFIG_OPTIONS[key];
    const change = { name: env, from: formatValue(key, inForce[key]), to: formatValue(key, wanted[key]) };
    (reloadable ? reloaded : needRestart).push(change);
  }
  return { reloaded, needRestart };
}

/** A line for each change, for people. */
export function describeChanges({ reloaded, needRestart }: ConfigChanges): readonly string[] {
  if (reloaded.length + needRestart.length === 0) return ['Nothing has changed.'];
  const line = ({ name, from, to }: ConfigChange) => `${name}: ${from} → ${to}`;
  return [
    ...reloaded.map((change) => `In force now: ${line(change)}`),
    ...needRestart.map((change) => `Needs a restart: ${line(change)}`),
  ];
}

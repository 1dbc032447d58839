/** What a configuration that was read again has otherwise than the one in force. */
import { isDeepStrictEqual } from 'node:util';
import type { TlsFiles } from '../../workers/reload-messages.ts';
import { formatValue } from '../config/format-config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS, type Config } from '../config-options.ts';
import { isReloadable } from './live-config.ts';

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
    const { env } = CONFIG_OPTIONS[key];
    const reloadable = isReloadable(key, inForce[key], wanted[key]);
    const change = { name: env, from: formatValue(key, inForce[key]), to: formatValue(key, wanted[key]) };
    (reloadable ? reloaded : needRestart).push(change);
  }
  return { reloaded, needRestart };
}

/** That a certificate was replaced under the name that it has. */
export function certificateChange(before: TlsFiles | null, now: TlsFiles | null): readonly ConfigChange[] {
  if (before === null || now === null || before.version === now.version) return [];
  return [{ name: CONFIG_OPTIONS.tlsCert.env, from: before.version, to: now.version }];
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

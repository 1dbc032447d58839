/** What `tickwire config` and `tickwire help options` print of the options. */

import type { LoadedConfig } from '../config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS, type ConfigKey } from '../config-options.ts';
import { wrapText } from '../help/wrap-text.ts';
import { MS_PER_UNIT } from './option-kinds.ts';
import { withoutPassword } from './without-password.ts';

const HELP_COLUMNS = 100;
const HELP_INDENT = '      ';

/** A table of every option: name, value, where the value came from, how it is changed. Secrets are never shown. */
export function formatConfig(loaded: LoadedConfig): string {
  const rows = CONFIG_KEYS.map((key) => [
    CONFIG_OPTIONS[key].env,
    formatValue(key, loaded.config[key]),
    loaded.sources[key],
    CONFIG_OPTIONS[key].reloadable ? 'reload' : 'restart',
  ]);
  return formatTable([['NAME', 'VALUE', 'FROM', 'CHANGED BY'], ...rows]);
}

/** The options as the help text lists them: flag, environment name, what it means, allowed values, default. */
export function formatHelp(): string {
  return CONFIG_KEYS.map((key) => {
    const { form, doc } = describeOption(key);
    const lines = wrapText(doc, HELP_COLUMNS, HELP_INDENT).join('\n');
    return `  ${form}  (${CONFIG_OPTIONS[key].env})\n${lines}`;
  }).join('\n');
}

/** How an option is written as a flag, and what it means, must be, and is unless set. */
export function describeOption(key: ConfigKey): { readonly form: string; readonly doc: string } {
  const { flag, type, doc, expected, secret } = CONFIG_OPTIONS[key];
  const fallback = secret ? 'not set' : formatValue(key, CONFIG_OPTIONS[key].default);
  return {
    form: type === 'boolean' ? `--[no-]${flag}` : `--${flag} <${type}>`,
    doc: `${doc} Must be ${expected}. Default: ${fallback}.`,
  };
}

/** An option as scripts read it. Durations are in milliseconds; of a secret there is only whether it is set. */
export interface ConfigRow {
  readonly name: string;
  readonly flag: string;
  readonly value: unknown;
  readonly isSet: boolean;
  readonly source: string;
  /** Whether a running engine can take another value. */
  readonly reloadable: boolean;
}

/** Every option with the value in force. Secrets are never in it. */
export function configJson({ config, sources }: LoadedConfig): readonly ConfigRow[] {
  return CONFIG_KEYS.map((key) => {
    const { env, flag, secret, reloadable } = CONFIG_OPTIONS[key];
    const value = config[key];
    const shown = typeof value === 'string' ? withoutPassword(value) : value;
    const isSet = value !== null;
    return { name: env, flag, value: secret ? null : shown, isSet, source: sources[key], reloadable };
  });
}

/** A value as somebody would write it into `.env`, with its unit; that of a secret is hidden. */
export function formatValue(key: ConfigKey, value: unknown): string {
  const { secret, type, unit } = CONFIG_OPTIONS[key];
  if (value === null) return 'not set';
  if (secret) return '(hidden)';
  // Hosts of one feed are separated by another character than feeds.
  if (Array.isArray(value))
    return value.map((item) => (Array.isArray(item) ? item.join('|') : item)).join(',');
  if (type === 'duration' && unit === 's') return `${Number(value) / MS_PER_UNIT.s} s`;
  return unit === null ? withoutPassword(String(value)) : `${value} ${unit}`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = [width(0), width(1), width(2)];
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

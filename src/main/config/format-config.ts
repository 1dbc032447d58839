/** What `tickwire config` and `tickwire --help` print of the options. */

import type { LoadedConfig } from '../config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS, type ConfigKey } from '../config-options.ts';
import { MS_PER_UNIT } from './option-kinds.ts';
import { withoutPassword } from './without-password.ts';

const HELP_COLUMNS = 100;
const HELP_INDENT = 6;

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
    const { flag, env, type, doc, expected, secret } = CONFIG_OPTIONS[key];
    const form = type === 'boolean' ? `--[no-]${flag}` : `--${flag} <${type}>`;
    const fallback = secret ? 'not set' : formatValue(key, CONFIG_OPTIONS[key].default);
    const text = `${doc} Must be ${expected}. Default: ${fallback}.`;
    return `  ${form}  (${env})\n${wrap(text)}`;
  }).join('\n');
}

/** A value as somebody would write it into `.env`, with its unit. */
function formatValue(key: ConfigKey, value: unknown): string {
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

function wrap(text: string): string {
  const indent = ' '.repeat(HELP_INDENT);
  const lines = [indent];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1]!;
    if (line.length + word.length >= HELP_COLUMNS) lines.push(`${indent}${word} `);
    else lines[lines.length - 1] = `${line}${word} `;
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

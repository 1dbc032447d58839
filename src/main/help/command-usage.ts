import type { CommandFlag, CommandForm } from './command-form.ts';

/** How a flag is written, for example `--timeout <seconds>`. */
export function flagUsage([name, { value }]: readonly [string, CommandFlag]): string {
  return value === null ? `--${name}` : `--${name} ${value}`;
}

/** The whole form of a command: its words, its own flags, and whether options of the configuration may follow. */
export function commandUsage({ name, words, flags, options }: CommandForm): string {
  const own = Object.entries(flags).map((flag) => `[${flagUsage(flag)}]`);
  return ['tickwire', name, ...words, ...own, ...(options === null ? [] : ['[options]'])].join(' ');
}

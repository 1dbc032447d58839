/** `tickwire help …`, and every command line with `--help`. */
import { styleText } from 'node:util';
import { COMMAND_GROUPS } from '../commands/command-table.ts';
import { findCommand } from '../commands/find-command.ts';
import { formatHelp } from '../config/format-config.ts';
import { formatCommandHelp, type HelpLayout } from './format-command-help.ts';
import { formatOverview } from './format-overview.ts';

const COLUMNS = 100;
const NARROWEST = 40;

/**
 * The text that answers a request for help.
 *
 * @param words what help is wanted about, commands or `options`; nothing for the first screen
 * @throws TickwireError COMMAND_INVALID for a command that there is not
 */
export function helpText(words: readonly string[]): string {
  const columns = Math.min(COLUMNS, Math.max(NARROWEST, process.stdout.columns ?? COLUMNS));
  // Plain where the output is no terminal, and where NO_COLOR asks for it.
  const layout: HelpLayout = { columns, heading: (text) => styleText('bold', text) };
  if (words.length === 0) return formatOverview(COMMAND_GROUPS, layout);
  if (words.length === 1 && words[0] === 'options') {
    return `Every option is a flag, an environment variable, or a line in .env:\n\n${formatHelp()}`;
  }
  return formatCommandHelp(findCommand(words).command, layout);
}

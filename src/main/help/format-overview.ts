/** The first screen of the help: what this is, what to try, which commands there are. */
import type { CommandGroup } from '../commands/command.ts';
import { columnsOf, type HelpLayout } from './format-command-help.ts';
import { wrapText } from './wrap-text.ts';

const MORE = [
  ['tickwire <command> --help', 'what a command does, its flags, examples and exit codes'],
  ['tickwire help options', 'every option: a flag, an environment variable, or a line in .env'],
] as const;

/** The program runs from its source only in a checkout, which has no `tickwire` on the path. */
const IS_CHECKOUT = import.meta.url.endsWith('.ts');
const USAGES = [
  'tickwire <command> [flags]',
  ...(IS_CHECKOUT ? ['npm run tickwire -- <command> [flags]   (in this checkout)'] : []),
];

const FIRST_STEPS = [
  ['tickwire start', 'a simulated market, no account needed; prints a link and a key'],
  ['tickwire tail NSE:RELIANCE', 'its order book, live, in a second terminal'],
] as const;

export function formatOverview(groups: readonly CommandGroup[], { columns, heading }: HelpLayout): string {
  const sections = [
    wrapText(
      "Tickwire takes a broker's live prices in, and serves them to any number of programs: over WebSocket as OpenAlgo's " +
        'clients know it, and over ZeroMQ.',
      columns,
    ),
    [heading('Usage:'), ...USAGES.map((usage) => `  ${usage}`)],
    [heading('Try it:'), ...columnsOf(FIRST_STEPS, columns)],
    ...groups.map(({ title, commands }) => [
      heading(`${title}:`),
      ...columnsOf(
        commands.map(({ form }) => [form.name, form.summary]),
        columns,
      ),
    ]),
    [heading('More:'), ...columnsOf(MORE, columns)],
  ];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

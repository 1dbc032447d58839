/** What the suite is asked for. */
import { parseArgs } from 'node:util';
import type { Attack } from './attack.ts';

export interface Wishes {
  readonly wantsHelp: boolean;
  /** That the whole run may take. */
  readonly seconds: number;
  readonly attacks: readonly Attack[];
  readonly json: string | undefined;
  /** A stored run that takes the place of a run. */
  readonly report: string | undefined;
  readonly fillsReadme: boolean;
}

export const DEFAULT_SECONDS = 600;

export function helpText(attacks: readonly Attack[]): string {
  const names = attacks.map(({ name, summary }) => `  ${name.padEnd(25)} ${summary}`);
  return `Usage: npm run test:abuse -- [options]

  --seconds N         time for the whole run, default ${DEFAULT_SECONDS}; with little of it every attack is short, and compared
                      to one undisturbed stretch in place of one before or behind each
  --only NAME[,NAME]  these attacks alone
  --json FILE         where the report goes; default a temporary place
  --report FILE       runs nothing and takes this stored report instead
  --readme            stores the report as test/abuse/report.json and puts its table into README.md
  --help              this text

It ends with 1 when a healthy client lost anything, or the engine died, said that it failed, held more memory than it
had printed, kept connections that were gone, or no longer served a new client. It never does because of a time.

Attacks:
${names.join('\n')}
`;
}

function select(attacks: readonly Attack[], only: string | undefined): readonly Attack[] {
  if (only === undefined) return attacks;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((wanted) => !attacks.some(({ name }) => name === wanted));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: no such attack; see --help`);
  return attacks.filter(({ name }) => names.includes(name));
}

/** @throws Error for options that are unknown, wrong, or do not go together */
export function readCommandLine(args: readonly string[], attacks: readonly Attack[]): Wishes {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'string' },
      report: { type: 'string' },
      readme: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
  if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds}: give a number larger than 0`);
  const fillsReadme = values.readme ?? false;
  if (fillsReadme && values.only !== undefined) throw new Error('--readme: the table has all attacks');
  return {
    wantsHelp: values.help ?? false,
    seconds,
    attacks: select(attacks, values.only),
    json: values.json,
    report: values.report,
    fillsReadme,
  };
}

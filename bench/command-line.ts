/** What the suite is asked for. */
import { parseArgs } from 'node:util';
import { TickwireError } from '../src/main/errors.ts';
import { targetScenario } from './end-to-end/target.ts';
import { readTargetOptions, TARGET_HELP, TARGET_OPTIONS } from './end-to-end/target-options.ts';
import type { Scenario } from './harness/scenario.ts';

export interface Wishes {
  readonly wantsHelp: boolean;
  readonly isSmoke: boolean;
  readonly scenarios: readonly Scenario[];
  /** Measured time of each single run, in place of the scenario's own. */
  readonly seconds: number | undefined;
  /** A stored run that takes the place of a run. */
  readonly report: string | undefined;
  /** Stored runs whose scenarios are added to it. */
  readonly added: readonly string[];
  /** A stored run to compare to. */
  readonly base: string | undefined;
  readonly fillsDocuments: boolean;
  /** Where the report goes. */
  readonly json: string | undefined;
  readonly html: string | undefined;
}

/** What only a run can have. */
const ONLY_FOR_RUNS = ['only', 'seconds', 'smoke', 'json', 'target'] as const;

export function helpText(scenarios: readonly Scenario[]): string {
  const names = scenarios.map(
    ({ name, group, summary, defaultSeconds, defaultRounds }) =>
      `  ${name.padEnd(16)} ${group.padEnd(11)} ${summary} (${defaultSeconds} s, ${defaultRounds} rounds)`,
  );
  return `Usage: npm run bench -- [options]

  --only NAME[,NAME]  run these scenarios or groups (${[...new Set(scenarios.map(({ group }) => group))].join(', ')})
  --seconds N         measured time of each single run, in place of the scenario's own
  --smoke             the whole suite with tiny times: shows that it works, measures nothing
  --json FILE         where the report goes; default bench/results/<time>.json
  --html FILE         where the report goes as a page; default beside the JSON
  --compare BASE      compares with a stored report: what is slower or dearer, and by how much
  --report FILE       runs nothing and takes this stored report instead
  --with FILE         adds the scenarios of another stored report of the same machine; may be repeated
  --readme            stores the report as bench/report/ and puts its numbers into bench/README.md and README.md
  --help              this text

${TARGET_HELP}
Scenarios, with the seconds of a single run and the number of rounds:
${names.join('\n')}
`;
}

/** @throws Error for a name that is neither a scenario nor a group */
function select(scenarios: readonly Scenario[], only: string | undefined): readonly Scenario[] {
  if (only === undefined) return scenarios;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !scenarios.some((one) => one.name === name || one.group === name));
  if (unknown !== undefined) {
    const groups = [...new Set(scenarios.map(({ group }) => group))].join(', ');
    const all = scenarios.map(({ name }) => name).join(', ');
    throw new Error(`--only ${unknown}: no such scenario. There are ${all}, and the groups ${groups}`);
  }
  return scenarios.filter(({ name, group }) => names.includes(name) || names.includes(group));
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds > 0)) throw new Error(`--seconds ${text}: give a number larger than 0`);
  return seconds;
}

/** @throws TickwireError COMMAND_INVALID for options that are unknown, wrong, or do not go together */
export function readCommandLine(args: readonly string[], scenarios: readonly Scenario[]): Wishes {
  try {
    return readWishes(args, scenarios);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TickwireError('COMMAND_INVALID', reason, { cause: error });
  }
}

/** @throws Error that says what is wrong, as `parseArgs` does */
function readWishes(args: readonly string[], scenarios: readonly Scenario[]): Wishes {
  const { values } = parseArgs({
    args: [...args],
    options: {
      smoke: { type: 'boolean' },
      only: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      html: { type: 'string' },
      compare: { type: 'string' },
      report: { type: 'string' },
      with: { type: 'string', multiple: true },
      readme: { type: 'boolean' },
      help: { type: 'boolean' },
      ...TARGET_OPTIONS,
    },
  });
  const isSmoke = values.smoke ?? false;
  const fillsDocuments = values.readme ?? false;
  if (isSmoke && fillsDocuments) throw new Error('--readme: the numbers of a smoke run mean nothing');
  const superfluous = ONLY_FOR_RUNS.find((name) => values[name] !== undefined);
  if (values.report !== undefined && superfluous !== undefined) {
    throw new Error(`--report ${values.report} runs nothing: leave out --${superfluous}`);
  }
  const target = readTargetOptions(values);
  if (target !== null && values.only !== undefined) throw new Error('--only: a target is measured by itself');
  return {
    wantsHelp: values.help ?? false,
    isSmoke,
    scenarios: target === null ? select(scenarios, values.only) : [targetScenario(target)],
    seconds: readSeconds(values.seconds),
    report: values.report,
    added: values.with ?? [],
    base: values.compare,
    fillsDocuments,
    json: values.json,
    html: values.html,
  };
}

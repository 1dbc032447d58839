/**
 * Numbers in documents, put there by the program from a stored run: what stands between `<!-- bench NAME -->` and
 * `<!-- end -->` is replaced. NAME is a scenario, whose tables come with their conditions, or `aims` or `aims-summary`.
 */
import { join } from 'node:path';
import { aimsSummary, aimsTable } from './aims-markdown.ts';
import { formatConditions, formatMoment } from './conditions.ts';
import { formatEnvironment, formatMachine } from './environment.ts';
import { judgeAims } from './judged-aim.ts';
import type { ScenarioResult, SuiteReport } from './report-file.ts';
import { formatTable } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The run that the documents quote. */
export const STORED_REPORT = join(ROOT, 'bench', 'report', 'report.json');
export const STORED_PAGE = join(ROOT, 'bench', 'report', 'report.html');
export const DOCUMENTS = [join(ROOT, 'bench', 'README.md'), join(ROOT, 'README.md')] as const;

const BLOCK = /<!-- bench ([\w-]+) -->\n[\s\S]*?<!-- end -->/g;

const fenced = (text: string) => `\`\`\`text\n${text}\n\`\`\``;

function scenarioBlock(result: ScenarioResult, machine: string): string {
  const { tables, conditions, warnings, failures } = result;
  const below = [
    formatConditions(conditions),
    [machine, formatMoment(result)].join('\n'),
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...failures.map((failure) => `FAILED: ${failure}`),
  ];
  return fenced([...tables.map(formatTable), ...below].join('\n\n'));
}

/** What each marked place gets. */
export function documentBlocks(report: SuiteReport): ReadonlyMap<string, string> {
  const { environment, scenarios } = report;
  const aims = judgeAims(report);
  const conditions = fenced(formatEnvironment(environment));
  return new Map([
    ['aims', `${aimsTable(aims)}\n\n${conditions}`],
    ['aims-summary', `${aimsSummary(aims)}\n\n${conditions}`],
    ...scenarios.map((result): [string, string] => [
      result.name,
      scenarioBlock(result, formatMachine(environment)),
    ]),
  ]);
}

/**
 * @returns the text with every marked place filled
 * @throws Error for a place that the run has nothing for: old numbers would stay there beside new ones
 */
export function fillDocument(text: string, blocks: ReadonlyMap<string, string>): string {
  return text.replaceAll(BLOCK, (_, name: string) => {
    const block = blocks.get(name);
    if (block === undefined) {
      throw new Error(
        `a document has a place for '${name}', which the stored run did not measure: ` +
          'measure it too (--with adds a run that was made apart), or take the place out of the document',
      );
    }
    return `<!-- bench ${name} -->\n\n${block}\n\n<!-- end -->`;
  });
}

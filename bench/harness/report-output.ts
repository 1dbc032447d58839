/** Where a report goes: terminal, files, documents. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AIMS } from './aims.ts';
import type { Comparison } from './comparison.ts';
import { formatConditions, formatMoment } from './conditions.ts';
import { DOCUMENTS, documentBlocks, fillDocument, STORED_PAGE, STORED_REPORT } from './document-blocks.ts';
import { formatMedian } from './figure.ts';
import { htmlPage } from './html-page.ts';
import { doubtfulNote, formatLimit, formatMeasured, judgeAims, verdictOf } from './judged-aim.ts';
import { type ScenarioResult, type SuiteReport, writeReport } from './report-file.ts';
import { readReport } from './report-reader.ts';
import { formatTable } from './table.ts';

export function formatResult(result: ScenarioResult): string {
  return [
    ...result.tables.map((table) => `${formatTable(table)}\n`),
    `(${formatConditions(result.conditions)})`,
    `(${formatMoment(result)})`,
    ...result.warnings.map((warning) => `WARNING: ${warning}`),
    ...result.failures.map((failure) => `FAILED: ${failure}`),
  ].join('\n');
}

export function formatComparison({ notes, tables }: Comparison): string {
  return [...notes, ...tables.map((table) => `\n${formatTable(table)}`)].join('\n');
}

/** The aims that the scenarios of a report are to show; empty when there are none. */
export function formatAims(report: SuiteReport): string {
  const names = report.scenarios.map(({ name }) => name);
  const aims = judgeAims(report, AIMS);
  const rows = aims.flatMap(({ what, goals }) =>
    goals
      .filter(({ scenario }) => names.includes(scenario))
      .map((goal) => [
        goal.label === '' ? what : `${what}: ${goal.label}`,
        formatLimit(goal),
        formatMeasured(goal, formatMedian),
        verdictOf(goal),
      ]),
  );
  if (rows.length === 0) return '';
  const table = formatTable({ title: 'Aims', columns: ['', 'aim', 'measured', ''], rows });
  const note = doubtfulNote(aims);
  return note === '' ? table : `${table}\n${note}`;
}

export function writePage(path: string, report: SuiteReport, comparison?: Comparison): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, htmlPage(report, comparison));
}

/**
 * Stores a run as the one that the documents quote, and fills them from what is stored.
 *
 * @throws Error for a smoke run, and when a document has a place that the run has nothing for; then nothing is changed
 */
export function storeReport(report: SuiteReport): void {
  if (report.isSmoke) throw new Error('--readme: the numbers of a smoke run mean nothing');
  const filled = DOCUMENTS.map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path, text: fillDocument(text, documentBlocks(report)) };
  });
  writeReport(STORED_REPORT, report);
  const stored = readReport(STORED_REPORT);
  writePage(STORED_PAGE, stored);
  for (const { path, text } of filled) writeFileSync(path, fillDocument(text, documentBlocks(stored)));
}

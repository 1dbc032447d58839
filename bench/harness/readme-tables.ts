/**
 * Numbers in a document, put there by the program that measured them: what stands between `<!-- bench NAME -->` and
 * `<!-- end -->` is replaced by the tables of that scenario, with the conditions under which they came to be.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Environment, formatEnvironment } from './environment.ts';
import type { ScenarioReport } from './scenario.ts';
import { formatTable } from './table.ts';

export interface NamedReport extends Pick<ScenarioReport, 'tables' | 'conditions'> {
  readonly name: string;
}

/** `key value, key value`. */
export function formatConditions(conditions: ScenarioReport['conditions']): string {
  return Object.entries(conditions)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

/** @returns the scenarios that have a place in the document, which now has their numbers */
export function fillTables(
  path: string,
  environment: Environment,
  reports: readonly NamedReport[],
): readonly string[] {
  let text = readFileSync(path, 'utf8');
  const filled: string[] = [];
  for (const { name, tables, conditions } of reports) {
    const begin = `<!-- bench ${name} -->\n`;
    const from = text.indexOf(begin);
    const to = text.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) continue;
    const parts = [...tables.map(formatTable), formatConditions(conditions), formatEnvironment(environment)];
    const block = `\n\`\`\`text\n${parts.join('\n\n')}\n\`\`\`\n\n`;
    text = text.slice(0, from + begin.length) + block + text.slice(to);
    filled.push(name);
  }
  writeFileSync(path, text);
  return filled;
}

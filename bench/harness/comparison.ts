/** Two stored runs, line by line: what is slower or dearer than it was, and by how much. */
import { type Environment, formatEnvironment } from './environment.ts';
import { formatFigure } from './figure.ts';
import { measuredRows } from './measured-rows.ts';
import type { ScenarioResult, SuiteReport } from './report-file.ts';
import { type Spread, spreadOf } from './spread.ts';
import type { Table } from './table.ts';

export interface Comparison {
  /** What to know before the tables are read. */
  readonly notes: readonly string[];
  readonly tables: readonly Table[];
}

const HIGHER = '▲';
const LOWER = '▼';

/** What times depend on, by the name that the environment has for it. */
const DECISIVE = [
  'cpu',
  'cores',
  'parallelism',
  'memoryGiB',
  'governor',
  'kernel',
  'node',
  'nodeOptions',
] as const;

/**
 * Whether the middle half of the rounds of one run lies wholly above or below that of the other. A single round has no
 * spread, and gets no mark.
 */
export function markOf(now: Spread, base: Spread): '' | typeof HIGHER | typeof LOWER {
  if (now.lower === now.upper || base.lower === base.upper) return '';
  if (now.lower > base.upper) return HIGHER;
  return now.upper < base.lower ? LOWER : '';
}

/** `1.03 ▲`; without a mark its place stays free, so that the numbers keep below one another. */
function ratioCell(now: Spread, base: Spread): string {
  if (base.median === 0) return `${now.median === 0 ? '1.00' : '-'}  `;
  return `${(now.median / base.median).toFixed(2)} ${markOf(now, base) || ' '}`;
}

function rowTable(now: ScenarioResult, base: ScenarioResult): Table | null {
  const earlier = new Map(measuredRows(base).map((row) => [row.name, row]));
  const pairs = measuredRows(now).flatMap((row) => {
    const other = earlier.get(row.name);
    return other === undefined ? [] : [{ row, other }];
  });
  const known = pairs.flatMap(({ row, other }) =>
    [...row.quantities.keys()].filter((quantity) => other.quantities.has(quantity)),
  );
  const quantities = [...new Set(known)];
  if (quantities.length === 0) return null;
  const rows = pairs.map(({ row, other }) => [
    row.name,
    ...quantities.map((quantity) => {
      const values = row.quantities.get(quantity);
      const before = other.quantities.get(quantity);
      return values && before ? ratioCell(spreadOf(values), spreadOf(before)) : '-  ';
    }),
  ]);
  return { title: `${now.name}: this run / base`, columns: ['', ...quantities], rows };
}

function figureTable(now: ScenarioResult, base: ScenarioResult): Table | null {
  const rows = Object.entries(now.figures ?? {}).flatMap(([name, figure]) => {
    const before = base.figures?.[name];
    if (before === undefined || before.unit !== figure.unit) return [];
    return [[name, formatFigure(before), formatFigure(figure), ratioCell(figure, before)]];
  });
  if (rows.length === 0) return null;
  return { title: `${now.name}: figures`, columns: ['', 'base', 'this run', 'this run / base'], rows };
}

/** The names of lines that only one of the two has. */
function unmatched(now: ScenarioResult, base: ScenarioResult): string[] {
  const names = measuredRows(now).map(({ name }) => name);
  const earlier = measuredRows(base).map(({ name }) => name);
  const say = (where: string, left: readonly string[]) =>
    left.length === 0 ? [] : [`${now.name}: only in ${where}: ${left.join('; ')}`];
  return [
    ...say(
      'this run',
      names.filter((name) => !earlier.includes(name)),
    ),
    ...say(
      'the base',
      earlier.filter((name) => !names.includes(name)),
    ),
  ];
}

function otherConditions(now: ScenarioResult, base: ScenarioResult): string[] {
  const keys = [...new Set([...Object.keys(base.conditions), ...Object.keys(now.conditions)])];
  const differing = keys
    .filter((key) => now.conditions[key] !== base.conditions[key])
    .map((key) => `${key} ${now.conditions[key] ?? '-'} (base: ${base.conditions[key] ?? '-'})`);
  return differing.length === 0 ? [] : [`${now.name}: other conditions: ${differing.join(', ')}`];
}

function environmentNotes(now: Environment, base: Environment): string[] {
  const differing = DECISIVE.filter((key) => now[key] !== base[key]);
  return [
    `base: ${formatEnvironment(base).replaceAll('\n', '; ')}`,
    `this run: ${formatEnvironment(now).replaceAll('\n', '; ')}`,
    differing.length === 0
      ? 'Times of different hours do not compare, not even on one machine: trust ratios that were formed within a run (×), and measure both again, in turn, before you believe a difference.'
      : `NOT COMPARABLE: ${differing.join(', ')} differ. Times of different machines say nothing about the code; only ratios that were formed within a run (×) do.`,
    `${HIGHER} higher, ${LOWER} lower: the quartiles of the rounds of the two runs do not overlap. A single round has no mark.`,
  ];
}

/** @param base the stored run that `now` is held against */
export function compareReports(now: SuiteReport, base: SuiteReport): Comparison {
  const notes = environmentNotes(now.environment, base.environment);
  if (now.isSmoke || base.isSmoke) notes.push('One of them is a smoke run, whose numbers mean nothing.');
  const tables: Table[] = [];
  for (const scenario of now.scenarios) {
    const earlier = base.scenarios.find(({ name }) => name === scenario.name);
    if (earlier === undefined) {
      notes.push(`${scenario.name}: not in the base`);
      continue;
    }
    notes.push(...otherConditions(scenario, earlier), ...unmatched(scenario, earlier));
    for (const table of [rowTable(scenario, earlier), figureTable(scenario, earlier)]) {
      if (table !== null) tables.push(table);
    }
  }
  if (tables.length === 0) notes.push('The two have no line in common.');
  return { notes, tables };
}

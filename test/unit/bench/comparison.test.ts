import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareReports, markOf } from '../../../bench/harness/comparison.ts';
import { mergeReports } from '../../../bench/harness/merged-report.ts';
import { line, scenarioResult, suiteReport } from '../../support/bench-report.ts';

const spread = (lower: number, median: number, upper: number) => ({ lower, median, upper });

test('a difference is marked only when the middle halves of the rounds of the two runs lie apart', () => {
  const base = spread(90, 100, 110);
  assert.equal(markOf(spread(111, 120, 130), base), '▲');
  assert.equal(markOf(spread(70, 80, 89), base), '▼');
  assert.equal(markOf(spread(105, 120, 130), base), '', 'they overlap');
  assert.equal(markOf(spread(50, 300, 400), base), '', 'one contains the other');
});

test('a single round has no spread, and is never called slower or faster', () => {
  const once = spread(500, 500, 500);
  assert.equal(markOf(once, spread(90, 100, 110)), '');
  assert.equal(markOf(spread(90, 100, 110), once), '');
});

test('lines of the same name are compared by the ratio of their medians, with a mark where it is beyond both spreads', () => {
  const base = suiteReport([scenarioResult({ rounds: [line('json', [100, 101, 102]), line('gone', [1])] })]);
  const now = suiteReport([
    scenarioResult({ rounds: [line('json', [150, 151.5, 153], [200, 202, 204]), line('new', [1])] }),
  ]);
  const { tables, notes } = compareReports(now, base);
  assert.deepEqual(tables[0]?.columns, ['', 'p50 µs', 'p99 µs', 'CPU s per 10⁶']);
  assert.deepEqual(tables[0]?.rows, [['json', '1.50 ▲', '1.00  ', '1.00  ']]);
  assert.ok(notes.includes('a-scenario: only in this run: new'), notes.join('\n'));
  assert.ok(notes.includes('a-scenario: only in the base: gone'), notes.join('\n'));
});

test('micro benchmarks are compared by ns per operation, and figures of the same unit by their medians', () => {
  const micro = (ns: number) => [{ name: 'x', runs: [{ nsPerOperation: ns }, { nsPerOperation: ns + 1 }] }];
  const figures = (median: number, unit = '×') => ({
    'p50 × floor': { median, lower: median, upper: median, unit },
  });
  const base = suiteReport([scenarioResult({ rounds: micro(100), figures: figures(2) })]);
  const now = suiteReport([scenarioResult({ rounds: micro(50), figures: figures(1) })]);
  const { tables } = compareReports(now, base);
  assert.deepEqual(tables[0]?.rows, [['x', '0.50 ▼']]);
  assert.deepEqual(tables[1]?.rows, [['p50 × floor', '2.00 ×', '1.00 ×', '0.50  ']]);
  const other = suiteReport([scenarioResult({ figures: figures(1, 'ns') })]);
  assert.deepEqual(compareReports(other, base).tables, []);
});

test('a comparison shows both environments and says that times of other machines or hours do not compare', () => {
  const base = suiteReport([scenarioResult()], { cpu: 'an old processor', kernel: '5.0' });
  const same = compareReports(suiteReport([scenarioResult()]), suiteReport([scenarioResult()])).notes.join(
    '\n',
  );
  assert.match(same, /different hours do not compare/);
  const differing = compareReports(suiteReport([scenarioResult()]), base).notes.join('\n');
  assert.match(differing, /NOT COMPARABLE: cpu, kernel differ/);
  assert.match(differing, /an old processor/);
  assert.match(differing, /a processor/);
});

test('a comparison names conditions that differ, scenarios that the base lacks, and smoke runs', () => {
  const base = { ...suiteReport([scenarioResult({ conditions: { rate: 1, rounds: 3 } })]), isSmoke: true };
  const now = suiteReport([
    scenarioResult({ conditions: { rate: 2, rounds: 3 } }),
    scenarioResult({ name: 'newer' }),
  ]);
  const notes = compareReports(now, base).notes;
  assert.ok(notes.includes('a-scenario: other conditions: rate 2 (base: 1)'), notes.join('\n'));
  assert.ok(notes.includes('newer: not in the base'));
  assert.ok(notes.some((note) => note.includes('smoke')));
});

test('runs that were made apart become one report when their machine is the same, each with its own time', () => {
  const later = scenarioResult({ name: 'soak', startedAt: '2026-01-03T00:00:00.000Z' });
  const report = suiteReport([scenarioResult(), scenarioResult({ name: 'soak' })]);
  const merged = mergeReports(report, suiteReport([later, scenarioResult({ name: 'more' })]));
  assert.deepEqual(
    merged.scenarios.map(({ name, startedAt }) => [name, startedAt.slice(0, 10)]),
    [
      ['a-scenario', '2026-01-02'],
      ['soak', '2026-01-03'],
      ['more', '2026-01-02'],
    ],
  );
  assert.throws(() => mergeReports(report, suiteReport([later], { node: '23.0.0' })), {
    code: 'REPORT_OTHER_MACHINE',
    message: /node: 22\.0\.0 and 23\.0\.0/,
  });
});

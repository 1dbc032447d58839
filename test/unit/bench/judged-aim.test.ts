import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFigure, formatMedian } from '../../../bench/harness/figure.ts';
import { formatLimit, formatMeasured, judgeAims, verdictOf } from '../../../bench/harness/judged-aim.ts';
import { scenarioResult, suiteReport } from '../../support/bench-report.ts';

const figure = (median: number, unit = '×') => ({ median, lower: median, upper: median, unit });
const goal = (limit: { atMost: number } | { atLeast: number }, unit = '×') => [
  { what: 'an aim', goals: [{ label: '', scenario: 'a-scenario', figure: 'f', limit, unit }] },
];
const measuring = (median: number, unit = '×') =>
  suiteReport([scenarioResult({ figures: { f: figure(median, unit) } })]);
const verdict = (...args: Parameters<typeof judgeAims>) => verdictOf(judgeAims(...args)[0]!.goals[0]!);

test('an aim is met by the median as it was measured, not as it is shown', () => {
  assert.equal(verdict(measuring(1.5), goal({ atMost: 1.5 })), 'met');
  assert.equal(verdict(measuring(1.501), goal({ atMost: 1.5 })), 'not met');
  assert.equal(verdict(measuring(0.9), goal({ atLeast: 0.9 })), 'met');
  assert.equal(verdict(measuring(0.8999), goal({ atLeast: 0.9 })), 'not met');
});

test('an aim without a measured number is neither met nor missed', () => {
  assert.equal(verdict(suiteReport([]), goal({ atMost: 1 })), 'not measured');
  assert.equal(verdict(suiteReport([scenarioResult()]), goal({ atMost: 1 })), 'not measured');
});

test('a scenario that failed meets no aim, whatever its numbers are, and says what failed', () => {
  const failed = suiteReport([
    scenarioResult({ figures: { f: figure(1) }, failures: ['3 of 9 deliveries are missing\nat a', 'more'] }),
  ]);
  assert.equal(verdict(failed, goal({ atMost: 1.5 })), 'not measured');
  const judged = judgeAims(failed, goal({ atMost: 1.5 }))[0]!.goals[0]!;
  assert.equal(formatMeasured(judged, formatMedian), 'not measured: 3 of 9 deliveries are missing');
});

test('a number from a disturbed machine is marked', () => {
  const disturbed = suiteReport([scenarioResult({ figures: { f: figure(1) }, warnings: ['busy'] })]);
  const [aim] = judgeAims(disturbed, goal({ atMost: 1.5 }));
  assert.equal(formatMeasured(aim!.goals[0]!, formatMedian), '1.00 × *');
});

test('an aim over time says how long was measured, not how long was meant', () => {
  const aims = goal({ atMost: 1.5 }).map((aim) => ({
    ...aim,
    goals: aim.goals.map((one) => ({ ...one, label: 'end of the soak', saysSeconds: true as const })),
  }));
  const report = suiteReport([scenarioResult({ figures: { f: figure(1) }, seconds: 1200 })]);
  assert.equal(judgeAims(report, aims)[0]!.goals[0]!.label, 'end of the soak, 1,200 s');
});

test('a number in another unit than the aim has is never compared to it', () => {
  assert.throws(() => judgeAims(measuring(100, 'KiB'), goal({ atMost: 150 }, 'MiB')), /in KiB.*in MiB/);
});

test('numbers are shown with three significant digits and their unit', () => {
  assert.equal(formatMedian(figure(1.316)), '1.32 ×');
  assert.equal(formatMedian(figure(0.0456, '% of a core')), '0.0456 % of a core');
  assert.equal(formatMedian(figure(105_432.7, '/s')), '105,433/s');
  assert.equal(formatFigure({ median: 12.34, lower: 11, upper: 13.06, unit: 'MiB' }), '12.3 MiB (11.0–13.1)');
  assert.equal(formatLimit({ limit: { atLeast: 105_000 }, unit: '/s' }), '≥ 105,000/s');
});

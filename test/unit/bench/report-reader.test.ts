import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatReport, writeReport } from '../../../bench/harness/report-file.ts';
import { readReport } from '../../../bench/harness/report-reader.ts';
import { line, scenarioResult, suiteReport } from '../../support/bench-report.ts';

const directory = mkdtempSync(join(tmpdir(), 'tickwire-report-'));
after(() => rmSync(directory, { recursive: true }));

const fileWith = (text: string) => {
  const path = join(directory, 'file.json');
  writeFileSync(path, text);
  return path;
};

test('a stored report comes back as it was, with four digits of what was measured and all of what was counted', () => {
  const rounds = [{ name: 'x', runs: [{ sent: 1_234_567, latency: { p50: 123.456789, curve: [1, 2] } }] }];
  const plots = [{ title: 'p', series: [{ name: 's', curve: [1.23456, 2] }] }];
  const path = join(directory, 'deep', 'report.json');
  writeReport(path, suiteReport([scenarioResult({ rounds, plots }), scenarioResult({ name: 'second' })]));
  const [first, second] = readReport(path).scenarios;
  assert.deepEqual(first?.rounds, [{ name: 'x', runs: [{ sent: 1_234_567, latency: { p50: 123.5 } }] }]);
  assert.deepEqual(first?.plots?.[0]?.series[0]?.curve, [1.235, 2]);
  assert.equal(second?.name, 'second');
});

test('what was read can be stored again without a change, so that the documents filled from it stay the same', () => {
  const report = suiteReport([scenarioResult({ rounds: [line('x', [1.23456, 2.34567])] })]);
  const path = fileWith(formatReport(report));
  assert.equal(formatReport(readReport(path)), formatReport(report));
});

test('a file that is not there is refused with its path', () => {
  const path = join(directory, 'nowhere.json');
  assert.throws(() => readReport(path), { code: 'REPORT_MISSING', message: /nowhere\.json.*npm run bench/s });
});

test('a file that was cut short is refused as broken', () => {
  const whole = formatReport(suiteReport([scenarioResult()]));
  const path = fileWith(whole.slice(0, -20));
  assert.throws(() => readReport(path), { code: 'REPORT_BROKEN', message: /file\.json is no JSON/ });
});

test('a file of another program is refused as foreign', () => {
  for (const text of ['{}', '[]', 'null', '7', '{"program":"k6","format":1}']) {
    assert.throws(() => readReport(fileWith(text)), { code: 'REPORT_FOREIGN', message: /file\.json/ });
  }
});

test('a report of another format is refused with both numbers', () => {
  for (const [format, said] of [
    ['99', /has format 99, and this suite reads format 1/],
    ['null', /has format null/],
  ] as const) {
    const text = formatReport(suiteReport([])).replace('"format":1', `"format":${format}`);
    assert.throws(() => readReport(fileWith(text)), { code: 'REPORT_FORMAT', message: said });
  }
});

test('a report from which parts were taken is refused as broken', () => {
  const whole = formatReport(suiteReport([scenarioResult()]));
  for (const part of [
    'environment',
    'scenarios',
    'tables',
    'conditions',
    'machine',
    'wallSeconds',
    'loadAtEnd',
    'cpu',
    'topology',
  ]) {
    const path = fileWith(whole.replace(`"${part}":`, `"not-${part}":`));
    assert.throws(() => readReport(path), { code: 'REPORT_BROKEN', message: /lacks parts/ }, part);
  }
});

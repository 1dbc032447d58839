import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefreshProgress } from '../../src/main/instruments/list-refresh.ts';
import { RefreshReport } from '../../src/main/instruments/refresh-report.ts';

const MB = 1_000_000;
const PROGRESS: readonly RefreshProgress[] = [
  { phase: 'download', bytes: 0, total: 40 * MB },
  { phase: 'download', bytes: 10 * MB, total: 40 * MB },
  { phase: 'retry', message: 'It broke off.', waitMs: 2000 },
  { phase: 'download', bytes: 3 * MB, total: null },
  { phase: 'import', bytes: 40 * MB, total: 40 * MB, rows: 150_000 },
];

function report(isTerminal: boolean): string {
  let written = '';
  const to = new RefreshReport((text) => {
    written += text;
  }, isTerminal);
  for (const each of PROGRESS) to.progress(each);
  to.line('Done.');
  return written;
}

test('on a terminal a bar shows how far it is; lines take its place and leave nothing of it behind', () => {
  const clear = '\r\u001b[K';
  const [empty, quarter, retry, unknown, whole, done] = report(true).split(clear).slice(1);
  assert.equal(empty, 'Fetching   [........................]   0 %  0.0 of 40.0 MB');
  assert.equal(quarter, 'Fetching   [######..................]  25 %  10.0 of 40.0 MB');
  assert.equal(retry, 'It broke off. Another attempt in 2 s.\n');
  assert.equal(unknown, 'Fetching   3.0 MB');
  assert.equal(whole, 'Converting [########################] 100 %  40.0 of 40.0 MB  150,000 instruments');
  assert.equal(done, 'Done.\n');
});

test('elsewhere each step is one plain line', () => {
  assert.equal(
    report(false),
    'Fetching the instrument list\nIt broke off. Another attempt in 2 s.\nFetching the instrument list\n' +
      'Converting the instruments\nDone.\n',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  endProgress,
  formatSpan,
  progressBar,
  showProgress,
  writeLines,
} from '../../src/main/ops/progress-line.ts';

test('a bar is as full as its part, and never more than full', () => {
  assert.equal(progressBar(0), `[${'.'.repeat(24)}]   0 %`);
  assert.equal(progressBar(0.25), `[######${'.'.repeat(18)}]  25 %`);
  assert.equal(progressBar(7), `[${'#'.repeat(24)}] 100 %`);
  assert.equal(progressBar(Number.NaN), progressBar(0));
  assert.deepEqual([999, 61_000, 36_061_000].map(formatSpan), ['00:00:00', '00:01:01', '10:01:01']);
});

test('a terminal keeps the line below what is written; a file gets no line at all', (t) => {
  const written: string[] = [];
  t.mock.method(process.stderr, 'write', (text: string) => written.push(text) > 0);
  const isTerminal = process.stderr.isTTY;
  t.after(() => {
    process.stderr.isTTY = isTerminal;
  });
  process.stderr.isTTY = false;
  showProgress('half');
  writeLines(process.stderr, 'log\n');
  assert.deepEqual(written.splice(0), ['log\n']);
  process.stderr.isTTY = true;
  showProgress('half');
  writeLines(process.stderr, 'log\n');
  endProgress();
  writeLines(process.stderr, 'more\n');
  const clear = '\r\u001b[K';
  assert.deepEqual(written, [`${clear}half`, clear, 'log\n', 'half', clear, 'more\n']);
});

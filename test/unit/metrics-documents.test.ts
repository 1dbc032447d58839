/** An operator who is paged at night reads OPERATIONS.md: what it says must be what there is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LOSS_PLACES } from '../../src/main/metrics/loss-counters.ts';
import { NOT_READY_CODES } from '../../src/main/metrics/readiness.ts';
import { readAlertRules } from '../support/prometheus-names.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const OPERATIONS = read('OPERATIONS.md');

/** Rows of the table whose head begins so: the cells, without the backticks of the first. */
function rowsOf(head: string): string[][] {
  const table = OPERATIONS.split(`| ${head} |`)[1];
  assert.ok(table !== undefined, `no table "${head}"`);
  const lines = table.split('\n').slice(2);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end).map((line) =>
    line
      .split(' | ')
      .map((cell) => cell.replace(/^\| | \|$/g, '').trim())
      .map((cell, i) => (i === 0 ? cell.replaceAll('`', '') : cell)),
  );
}

test('whoever gets an alert finds in OPERATIONS.md what it means and what to do', () => {
  const rules = readAlertRules(read('deploy/prometheus/alerts.yml'));
  const rows = rowsOf('alert | what it means | what to do');
  assert.deepEqual(rows.map(([name]) => name).sort(), rules.map(({ name }) => name).sort());
  for (const [name, meaning, advice] of rows) {
    assert.ok((meaning ?? '').length > 20 && (advice ?? '').length > 20, `${name} says nothing`);
  }
  for (const { name, expr, severity, summary } of rules) {
    assert.ok(['page', 'warn'].includes(severity), `${name}: severity ${severity}`);
    assert.ok(expr.length > 0 && summary.length > 0, name);
  }
});

test('whoever reads why a host is not ready, or where something was lost, finds it explained', () => {
  assert.deepEqual(
    rowsOf('code of a reason | meaning')
      .map(([code]) => code)
      .sort(),
    [...NOT_READY_CODES].sort(),
  );
  assert.deepEqual(
    rowsOf('`where` something was lost | what')
      .map(([where]) => where)
      .sort(),
    [...LOSS_PLACES].sort(),
  );
});

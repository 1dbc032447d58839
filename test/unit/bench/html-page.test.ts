import assert from 'node:assert/strict';
import { test } from 'node:test';
import { htmlPage } from '../../../bench/harness/html-page.ts';
import { scenarioResult, suiteReport } from '../../support/bench-report.ts';

const NASTY = `<script>alert("1")</script> & 'x'`;
const VOID = new Set(['meta', 'line', 'br', 'polyline/']);

const plot = { title: NASTY, series: [{ name: NASTY, curve: [1, 2, 3] }] };
const nasty = scenarioResult({
  name: NASTY,
  summary: NASTY,
  topology: NASTY,
  tables: [{ title: NASTY, columns: [NASTY], rows: [[NASTY]] }],
  plots: [plot],
  conditions: { [NASTY]: NASTY },
  warnings: [NASTY],
  failures: [NASTY],
  commit: NASTY,
});
const page = htmlPage(
  suiteReport([scenarioResult({ plots: [plot] }), nasty], { cpu: NASTY, nodeOptions: NASTY, commit: NASTY }),
  { notes: [NASTY], tables: [{ title: NASTY, columns: ['', NASTY], rows: [[NASTY, NASTY]] }] },
);

test('the page loads nothing from anywhere, runs no script, and tells the browser to let none through', () => {
  assert.doesNotMatch(page, /https?:\/\//);
  assert.doesNotMatch(page, /<(script|link|img|iframe|object|base)\b/i);
  assert.doesNotMatch(page, /\b(src|srcset|xlink:href)=/i);
  assert.doesNotMatch(page, /@import|url\(/i);
  assert.match(page, /default-src 'none'/);
  for (const [, target] of page.matchAll(/href="([^"]*)"/g)) assert.match(target!, /^#/);
});

test('no text of a report can become markup, wherever it stands', () => {
  assert.ok(!page.includes('<script>'));
  assert.ok(!page.includes(`alert("1")`));
  assert.ok(page.split('&lt;script&gt;alert(&quot;1&quot;)').length > 15, 'the text itself is shown');
  assert.doesNotMatch(page, /&(?!amp;|lt;|gt;|quot;|#39;)/);
});

test('the page is well-formed: every element that is opened is closed in its order', () => {
  const open: string[] = [];
  const body = page.replace(/<style>[\s\S]*?<\/style>/, '').replace('<!doctype html>', '');
  for (const [tag, slash, name, end] of body.matchAll(/<(\/?)([a-z0-9]+)(?:"[^"]*"|[^>"])*?(\/?)>/g)) {
    if (slash === '/') assert.equal(open.pop(), name, tag);
    else if (end !== '/' && !VOID.has(name!)) open.push(name!);
  }
  assert.deepEqual(open, []);
  assert.match(page, /^<!doctype html>\n<html lang="en">/);
});

test('the page shows the conditions, and of each scenario its drawing, tables, plots and warnings', () => {
  const shown = htmlPage(
    suiteReport([scenarioResult({ plots: [plot], warnings: ['the machine was busy'] })], {
      nodeOptions: '--max-old-space-size=99',
    }),
  );
  for (const text of ['a processor', '6.1.0', '--max-old-space-size=99', '0123456789ab', 'a ──▶ b']) {
    assert.ok(shown.includes(text), text);
  }
  for (const text of ['a table', '<td>12</td>', '<polyline', 'the machine was busy', 'rounds 3']) {
    assert.ok(shown.includes(text), text);
  }
});

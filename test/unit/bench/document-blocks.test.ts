import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import {
  DOCUMENTS,
  documentBlocks,
  fillDocument,
  STORED_PAGE,
  STORED_REPORT,
} from '../../../bench/harness/document-blocks.ts';
import { htmlPage } from '../../../bench/harness/html-page.ts';
import { readReport } from '../../../bench/harness/report-reader.ts';
import { scenarioResult, suiteReport } from '../../support/bench-report.ts';

const isStored = existsSync(STORED_REPORT);
const stored = { skip: isStored ? false : 'no run is stored yet: npm run bench -- --readme' };
const MOST_BYTES = 1_000_000;

const ratio = (median: number) => ({ median, lower: median - 0.1, upper: median + 0.1, unit: '×' });
const report = suiteReport([
  scenarioResult({
    name: 'fan-out',
    warnings: ['the machine was busy'],
    figures: {
      'deliveries per CPU second × floor': ratio(0.9),
      'deliveries per CPU second × plain': ratio(4.2),
    },
  }),
]);
const blocks = documentBlocks(report);

test('a marked place in a document gets the tables of its scenario with their conditions, and nothing else changes', () => {
  const before = 'above\n\n<!-- bench fan-out -->\n\nold numbers $&\n\n<!-- end -->\n\nbelow $1\n';
  const after = fillDocument(before, blocks);
  assert.ok(after.startsWith('above\n\n<!-- bench fan-out -->\n\n```text\na table\n'), after);
  assert.ok(after.endsWith('\n<!-- end -->\n\nbelow $1\n'), after);
  assert.ok(!after.includes('old numbers'));
  for (const text of ['rounds 3', 'a processor', 'commit 0123456789ab', 'Warning: the machine was busy']) {
    assert.ok(after.includes(text), text);
  }
  assert.equal(fillDocument(after, blocks), after, 'filling it again changes nothing');
});

test('a document never shows the numbers of a scenario that failed without saying so', () => {
  const failed = suiteReport([
    scenarioResult({
      name: 'fan-out',
      figures: { 'deliveries per CPU second × floor': ratio(0.9) },
      failures: ['engine: 3 deliveries are missing'],
    }),
  ]);
  const shown = documentBlocks(failed);
  assert.match(shown.get('fan-out')!, /^FAILED: engine: 3 deliveries are missing$/m);
  for (const name of ['aims', 'aims-summary']) {
    assert.match(shown.get(name)!, /not measured: engine: 3 deliveries are missing/);
    assert.doesNotMatch(shown.get(name)!, /0\.900|\| (met|yes) \| `/);
  }
});

test('a place that the run has nothing for is refused, so that old numbers never stand beside new ones', () => {
  const text = '<!-- bench soak -->\nold\n<!-- end -->';
  assert.throws(() => fillDocument(text, blocks), /'soak', which the stored run did not measure/);
});

test('a document tells of each aim what was measured, whether it is met, and the command that shows it', () => {
  const filled = fillDocument(
    '<!-- bench aims -->\n<!-- end -->\n<!-- bench aims-summary -->\n<!-- end -->',
    blocks,
  );
  assert.match(
    filled,
    /over the floor \| ≥ 0\.8 × \| 0\.900 × \(0\.800–1\.000\) \\\* \| met \| `--only fan-out` \|/,
  );
  assert.match(filled, /over plain Node \| ≥ 5 × \| 4\.20 × \(4\.10–4\.30\) \\\* \| not met \|/);
  assert.match(filled, /over NATS \| ≥ 1 × \| - \| not measured \|/);
  assert.match(filled, /^\\\* doubtful, .* in fan-out: see there$/m);
  assert.match(filled, /\| 1 of 4 \| `npm run bench -- --only fan-out` \|/);
});

test('the numbers in the documents are exactly those of the stored run: nobody has typed one', stored, () => {
  const wanted = documentBlocks(readReport(STORED_REPORT));
  for (const path of DOCUMENTS) {
    const text = readFileSync(path, 'utf8');
    assert.equal(fillDocument(text, wanted), text, `${path}: npm run bench -- --report FILE --readme`);
  }
});

test(
  'the stored page is the one of the stored run, and both are small enough for a repository',
  stored,
  () => {
    assert.equal(readFileSync(STORED_PAGE, 'utf8'), htmlPage(readReport(STORED_REPORT)));
    for (const path of [STORED_REPORT, STORED_PAGE]) {
      assert.ok(statSync(path).size < MOST_BYTES, `${path} has ${statSync(path).size} bytes`);
    }
  },
);

test('both documents have a place for the aims', () => {
  const [suite, project] = DOCUMENTS.map((path) => readFileSync(path, 'utf8'));
  assert.ok(suite!.includes('<!-- bench aims -->\n'));
  assert.ok(project!.includes('<!-- bench aims-summary -->\n'));
});

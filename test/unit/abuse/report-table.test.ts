import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ATTACKS } from '../../abuse/attacks.ts';
import { formatReport, readReport, STORED_REPORT } from '../../abuse/report.ts';
import { fillReadme, formatReportTable, markdownTable } from '../../abuse/report-table.ts';
import { verdictOf } from '../../abuse/verdict.ts';
import { abuseReport, attackReport, windowResult } from '../../support/abuse-report.ts';

const README = new URL('../../../README.md', import.meta.url);
const isStored = existsSync(STORED_REPORT);
const stored = { skip: isStored ? false : 'no run is stored yet: npm run test:abuse -- --readme' };

test('the ratio of an attack is the median of those of its rounds, and losses of all rounds add up', () => {
  const rounds = [
    {
      quiet: windowResult(1000),
      neighbour: windowResult(1500),
      attack: windowResult(3000, { lost: 2, peakMiB: 400 }),
    },
    { quiet: windowResult(4000), neighbour: windowResult(4000), attack: windowResult(4000, { lost: 1 }) },
    {
      quiet: windowResult(1000),
      neighbour: windowResult(3000),
      attack: windowResult(9000, { peakMiB: 350 }),
    },
  ];
  const { ratio, lost, peakMiB, quietP99, neighbourP99, neighbourRatio } = verdictOf({ rounds });
  assert.deepEqual({ ratio, lost, peakMiB, quietP99 }, { ratio: 3, lost: 3, peakMiB: 400, quietP99: 1000 });
  assert.deepEqual({ neighbourP99, neighbourRatio }, { neighbourP99: 3000, neighbourRatio: 2 });
  const without = verdictOf({ rounds: rounds.map((round) => ({ ...round, neighbour: null })) });
  assert.deepEqual([without.neighbourP99, without.neighbourRatio], [null, null]);
});

test('a table says what was done, what was answered, what was lost, and under which conditions', () => {
  const text = markdownTable(abuseReport([attackReport()]));
  assert.match(
    text,
    /^\| what it does \| 30 connections, 1,500 messages, 9 MiB \| 30 × auth, 21 × RATE_LIMITED; ended: 9 × 1009 message of N bytes, limit N \| 0 of 6,000 \| 2\.00 → 3\.00 \| 1\.50 × \| 2\.00 × \| 300 \| yes \|$/m,
  );
  for (const part of ['1,000 MiB', '10,000 ticks/s', 'a processor', 'commit 0123456789ab']) {
    assert.ok(text.includes(part), part);
  }
});

test('an attack that was not survived never looks as if it was', () => {
  const failed = abuseReport([
    attackReport({ failures: ['3 of 6000 deliveries to healthy clients are missing'] }),
  ]);
  const [quiet, attack] = [windowResult(100), windowResult(300)];
  const slow = abuseReport([
    attackReport({ rounds: [{ quiet, neighbour: windowResult(120), attack }] }),
    attackReport({ rounds: [{ quiet, neighbour: null, attack }] }),
  ]);
  const shared = abuseReport([attackReport({ rounds: [{ quiet, neighbour: windowResult(200), attack }] })]);
  for (const form of [markdownTable, formatReportTable]) {
    assert.match(form(failed), /FAILED: .*3 of 6000 deliveries/);
    assert.doesNotMatch(form(failed), /\byes\b/);
    assert.equal(form(slow).split('p99 too high').length - 1, 2);
    assert.doesNotMatch(form(slow), /\byes\b/);
    assert.match(form(shared), /yes, for shared cores/, 'a program that was not attacked was as late');
  }
});

test('the place of the table is filled, nothing around it changes, and a text without one is refused', () => {
  const before = 'above $&\n\n<!-- abuse -->\n\nold\n\n<!-- end -->\n\nbelow\n';
  const report = abuseReport([attackReport()]);
  const after = fillReadme(before, report);
  assert.ok(after.startsWith('above $&\n\n<!-- abuse -->\n\n| attack |'), after);
  assert.ok(after.endsWith('\n<!-- end -->\n\nbelow\n'), after);
  assert.equal(fillReadme(after, report), after);
  assert.throws(() => fillReadme('nothing', report), /no place/);
});

test(
  'the table in the README is exactly that of the stored run, in which every attack was made',
  stored,
  () => {
    const report = readReport(STORED_REPORT);
    const readme = readFileSync(README, 'utf8');
    assert.equal(fillReadme(readme, report), readme);
    assert.deepEqual(
      report.attacks.map(({ name }) => name),
      ATTACKS.map(({ name }) => name),
    );
    assert.equal(formatReport(report), readFileSync(STORED_REPORT, 'utf8'));
  },
);

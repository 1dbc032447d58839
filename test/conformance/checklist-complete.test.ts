/**
 * The compatibility checklist has 29 lines, C-01 to C-29. Each is protected by at least one test whose name begins with
 * its id; a test may name several.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const LINES = 29;
const TESTS = new URL('../', import.meta.url);
/** The ids at the beginning of a test's name, whatever quotes it stands in. A skipped test is none. */
const NAMED = /\btest\(\s*(['"`])((?:C-\d\d,? )+)(?:(?!\1)[\s\S])*\1,\s*(\{[^}]*\b(?:skip|todo)\b)?/g;

function coveredIds(): Set<string> {
  const ids = new Set<string>();
  for (const name of readdirSync(TESTS, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.test.ts')) continue;
    const text = readFileSync(new URL(name, TESTS), 'utf8');
    for (const [, , named = '', skipped] of text.matchAll(NAMED)) {
      if (skipped === undefined) for (const id of named.match(/C-\d\d/g) ?? []) ids.add(id);
    }
  }
  return ids;
}

test('every line of the compatibility checklist has a test that is named by it', () => {
  const all = Array.from({ length: LINES }, (_, i) => `C-${String(i + 1).padStart(2, '0')}`);
  const covered = coveredIds();
  assert.deepEqual(
    all.filter((id) => !covered.has(id)),
    [],
    'lines without a test',
  );
  assert.deepEqual(
    [...covered].filter((id) => !all.includes(id)),
    [],
    'ids that the checklist does not have',
  );
});

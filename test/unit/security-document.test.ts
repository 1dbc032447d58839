import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const document = readFileSync(new URL('SECURITY.md', root), 'utf8');

/** The rows of the table of threats, without its head. */
function threatRows(): string[] {
  const [, table = ''] = document.split('## What is guarded, and what shows it');
  return table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:threat|---) /.test(line));
}

test('whoever checks a claim of SECURITY.md finds the test that it names', () => {
  const rows = threatRows();
  assert.ok(rows.length > 10);
  for (const row of rows) {
    const paths = [...row.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path!);
    assert.ok(paths.length > 0, `no test is named: ${row}`);
    for (const path of paths) {
      const url = new URL(path, root);
      assert.ok(existsSync(url), `${path} is not there`);
      if (statSync(url).isDirectory()) {
        assert.ok(
          readdirSync(url).some((name) => name.endsWith('.test.ts')),
          `${path} has no test`,
        );
      }
    }
  }
});

test('the commands that SECURITY.md names exist', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...document.matchAll(/`npm run ([\w:]+)`/g)].map(([, name]) => name!);
  assert.deepEqual(
    named.filter((name) => scripts[name] === undefined),
    [],
  );
});

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { RELOADABLE_KEYS } from '../../src/main/reload/live-config.ts';

test('no option is called reloadable that no test reloads in a running engine', () => {
  const cwd = join(import.meta.dirname, '../integration');
  const tests = globSync('reload-*.test.ts', { cwd }).map((name) => readFileSync(join(cwd, name), 'utf8'));
  const names = tests.flatMap((text) => text.match(/\b[A-Z][A-Z_]+[A-Z]\b/g) ?? []);
  const unproved = RELOADABLE_KEYS.map((key) => CONFIG_OPTIONS[key].env).filter(
    (env) => !names.includes(env),
  );
  assert.deepEqual(unproved, []);
});

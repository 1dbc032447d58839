import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);

test('every source file that ARCHITECTURE.md leads a newcomer to is there', () => {
  const files = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' });
  const document = readFileSync(new URL('ARCHITECTURE.md', root), 'utf8');
  const named = [...document.matchAll(/`([\w/-]+\.ts)`/g)].map(([, name]) => name!);
  assert.ok(named.length > 40);
  const missing = named.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)));
  assert.deepEqual(missing, []);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { optionsDocument } from '../../src/main/config/options-document.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../../src/main/config-options.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../OPTIONS.md'), 'utf8');

test('the reference of options is what the program reads', () => {
  assert.equal(DOCUMENT, optionsDocument(), 'run npm run generate');
});

test('the reference has each option once, with the way in which it is changed', () => {
  for (const key of CONFIG_KEYS) {
    const { env, reloadable } = CONFIG_OPTIONS[key];
    const rows = DOCUMENT.split('\n').filter((line) => line.startsWith(`| \`${env}\` `));
    assert.equal(rows.length, 1, env);
    assert.ok(rows[0]!.endsWith(reloadable ? '| reload |' : '| restart |'), env);
  }
});

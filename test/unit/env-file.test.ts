import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnvFile } from '../../src/main/config/env-file.ts';

const FORMS: readonly (readonly [string, string, string])[] = [
  ['blanks around the equals sign', "KEY = 'value'", 'value'],
  ['a comment behind a quoted value', "KEY='va#lue'  # comment", 'va#lue'],
  ['double quotes', 'KEY = "value" # comment', 'value'],
  ['no quotes', 'KEY=plain value', 'plain value'],
  ['no quotes and a comment', 'KEY = value # comment', 'value'],
  ['a hash inside an unquoted value', 'KEY=pep#per', 'pep#per'],
  ['a hash inside and a comment behind', "KEY = a#b # it's a comment", 'a#b'],
  ['quotes of the other kind inside', `KEY = 'a"b'`, 'a"b'],
  ['an exported key', "export KEY='value'", 'value'],
  ['nothing', 'KEY=', ''],
  ['nothing but blanks', 'KEY = \t ', ''],
  ['nothing but blanks behind an exported key', 'export KEY= ', ''],
  ['nothing but a comment', 'KEY= # comment', ''],
  ['blanks and a comment', 'KEY =   # comment', ''],
];

for (const [name, line, value] of FORMS) {
  test(`a line of OpenAlgo's .env is read with ${name}`, () => {
    for (const newline of ['\n', '\r\n']) {
      const text = ['# full-line comment', line, "NEXT = 'next'", ''].join(newline);
      const { KEY, NEXT } = parseEnvFile(text);
      assert.deepEqual([KEY, NEXT], [value, 'next']);
    }
  });
}

test('an .env file saved on Windows with a byte order mark keeps its first key', () => {
  assert.equal(parseEnvFile("\uFEFFKEY = 'value'\r\n").KEY, 'value');
});

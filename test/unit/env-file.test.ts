import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnvFile } from '../../src/main/config/env-file.ts';
import { TickwireError } from '../../src/main/errors.ts';

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

/** The texts, and the line and the key that are told. */
const OPEN: readonly (readonly [string, number, string])[] = [
  ['TICKWIRE_ADMIN_KEY="adminadmin', 1, 'TICKWIRE_ADMIN_KEY'],
  ["NEXT='next'\r\nexport KEY = 'adminadmin\r\n", 2, 'KEY'],
  ['KEY=`adminadmin # comment\nNEXT=next', 1, 'KEY'],
  ["# it's\nKEY='adminadmin\nNEXT=\nLAST=a#b", 2, 'KEY'],
  ['KEY="', 1, 'KEY'],
];

test('a value that was cut off within its quotes is refused with its line and its key, and not shown', () => {
  for (const [text, line, key] of OPEN) {
    assert.throws(
      () => parseEnvFile(text, '/srv/.env'),
      (error) =>
        error instanceof TickwireError &&
        error.code === 'CONFIG_INVALID' &&
        error.message.startsWith(`/srv/.env, line ${line}: the value of ${key} begins with `) &&
        !error.message.includes('adminadmin'),
      text,
    );
  }
});

test('quotes of several lines, within others and in comments are no open ones', () => {
  assert.equal(parseEnvFile('KEY="one\nNEXT="\nLAST=last').KEY, 'one\nNEXT=');
  assert.equal(parseEnvFile(`KEY='"one'`).KEY, '"one');
  assert.equal(parseEnvFile(`KEY=one # it's\n# KEY="two`).KEY, 'one');
  assert.equal(parseEnvFile(`KEY=don't`).KEY, "don't");
  assert.equal(parseEnvFile('KEY=""\nNEXT=\'\'').KEY, '');
});

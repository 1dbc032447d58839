/** What the help says of each command, against what the command takes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { helpText as benchHelp } from '../../bench/command-line.ts';
import type { Command } from '../../src/main/commands/command.ts';
import { readCommandArguments } from '../../src/main/commands/command-arguments.ts';
import { COMMAND_GROUPS } from '../../src/main/commands/command-table.ts';
import { findCommand } from '../../src/main/commands/find-command.ts';
import { loadConfig } from '../../src/main/config.ts';
import { EXIT_CODES } from '../../src/main/errors.ts';
import { cliDocument } from '../../src/main/help/cli-document.ts';
import { EXIT_MEANINGS } from '../../src/main/help/exit-codes.ts';
import { helpText } from '../../src/main/help/print-help.ts';
import { BENCH } from '../../src/main/help/watch-forms.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const withActions = (command: Command): Command[] => [command, ...command.actions.flatMap(withActions)];
const COMMANDS = COMMAND_GROUPS.flatMap(({ commands }) => commands).flatMap(withActions);

/** The words of an example as a shell hands them over; what it does with the output is not the command's. */
function wordsOf(example: string): string[] {
  const [, line = ''] = /tickwire ([^>)]*)/.exec(example) ?? [];
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

test('every example in the help is a command line that the program takes', (t) => {
  const cwd = temporaryDirectory(t);
  for (const { form } of COMMANDS) {
    assert.ok(form.examples.length >= 2, `${form.name} has two examples`);
    for (const [line] of form.examples) {
      const { command, argv } = findCommand(wordsOf(line));
      assert.ok(command.load !== null, line);
      const { rest } = readCommandArguments(command.form, argv);
      loadConfig({ argv: rest, env: {}, cwd });
    }
  }
});

test('the help of every command says what it does, how it is written, and how it ends', () => {
  for (const { form, actions } of COMMANDS) {
    const text = helpText(form.name.split(' '));
    assert.ok(text.startsWith(`tickwire ${form.name}: `), form.name);
    const parts = actions.length > 0 ? ['Commands:', 'Examples:'] : ['Usage:', 'Examples:', 'Exit codes:'];
    for (const part of parts) assert.ok(text.includes(`\n${part}\n`), `${form.name}: ${part}`);
    for (const flag of Object.keys(form.flags))
      assert.ok(text.includes(`--${flag}`), `${form.name} --${flag}`);
    const longest = Math.max(...text.split('\n').map((line) => line.length));
    assert.ok(longest <= 100, `${form.name} has a line of ${longest} characters`);
  }
});

test('the first screen names every command, fits on a screen, and says where the options are', () => {
  const text = helpText([]);
  for (const { commands } of COMMAND_GROUPS) {
    for (const { form } of commands) assert.match(text, new RegExp(`^  ${form.name} +\\S`, 'm'));
  }
  assert.match(text, /tickwire help options/);
  assert.ok(text.split('\n').length <= 50, text);
  assert.match(helpText(['options']), /^ {2}--websocket-port <integer> {2}\(WEBSOCKET_PORT\)$/m);
});

test('every exit code is explained, in the help and in OPERATIONS.md by the same words', () => {
  const codes = [...new Set([0, ...Object.values(EXIT_CODES)])].sort((a, b) => a - b);
  assert.deepEqual(Object.keys(EXIT_MEANINGS).map(Number), codes);
  const document = readFileSync(new URL('../../OPERATIONS.md', import.meta.url), 'utf8');
  const [, section = ''] = /## Exit codes\n(.*?)\n## /s.exec(document) ?? [];
  const rows = [...section.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  assert.deepEqual(Object.fromEntries(rows), EXIT_MEANINGS);
});

test('tickwire bench names flags that the suite has', () => {
  const suite = benchHelp([]);
  for (const flag of Object.keys(BENCH.flags)) assert.match(suite, new RegExp(`^  --${flag} `, 'm'));
});

test('the reference of commands is what the program declares, and its links lead somewhere', () => {
  const document = readFileSync(new URL('../../CLI.md', import.meta.url), 'utf8');
  assert.equal(document, cliDocument(COMMAND_GROUPS), 'run npm run generate');
  const anchors = [...document.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!.toLowerCase().replaceAll(' ', '-'),
  );
  const links = [...document.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!);
  assert.ok(links.length > 10);
  for (const link of links) assert.ok(anchors.includes(link), link);
});

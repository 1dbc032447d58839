/** Commands in documents: what a reader copies must be there. Tutorial, README and OPERATIONS are executed besides, by test/newcomer. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findCommand } from '../../src/main/commands/find-command.ts';
import { checkCommand, commandsOf } from '../support/document-command.ts';
import { shellLines } from '../support/document-lines.ts';

const ROOT = new URL('../../', import.meta.url);
const DOCUMENTS = [...readdirSync(ROOT), 'bench/README.md'].filter((name) => name.endsWith('.md'));

test('every command in a block of a document names programs, commands, flags, options and files that there are', () => {
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  for (const name of DOCUMENTS) {
    for (const { where, line } of shellLines(name)) {
      for (const words of commandsOf(line)) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        try {
          checkCommand(words);
        } catch (error) {
          wrong.push(`${where}: ${line}: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
  }
  assert.deepEqual(wrong, []);
  for (const [name, least] of [
    ['README.md', 10],
    ['OPERATIONS.md', 25],
    ['MIGRATION.md', 1],
  ] as const)
    assert.ok((counts.get(name) ?? 0) >= least, `${name} has ${counts.get(name)} commands`);
});

test('a command that is named in the text of a document exists', () => {
  const wrong: string[] = [];
  for (const name of DOCUMENTS) {
    const text = readFileSync(new URL(name, ROOT), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
    for (const [, line = ''] of text.matchAll(/`tickwire ([a-z][^`]*)`/g)) {
      const words = line.split(' ').filter((word) => !word.startsWith('-'));
      if (words[0] === 'help') continue;
      try {
        findCommand(words);
      } catch (error) {
        wrong.push(`${name}: tickwire ${line}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('no document has its reader install the package from the public registry, where anybody may take its name', () => {
  const wrong = DOCUMENTS.flatMap((name) =>
    [
      ...readFileSync(new URL(name, ROOT), 'utf8').matchAll(
        /\b(?:(?:npm|pnpm|yarn) (?:i|install|add|exec)(?: -\S+)*|npx(?: -\S+)*) tickwire\b(?![-/])/g,
      ),
    ].map(([command]) => `${name}: ${command}`),
  );
  assert.deepEqual(wrong, []);
});

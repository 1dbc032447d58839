/** The drawing of what a scenario measures, from the comment in the head of its file: the lines that are indented there. */
import { readFileSync } from 'node:fs';

const HEAD = /^\/\*\*\n([\s\S]*?)\n \*\//;
const PREFIX = /^ \*( |$)/;
const DRAWN = /^ {2}/;

function withoutIndent(lines: readonly string[]): string {
  const drawn = lines.filter((line) => line !== '');
  const indent = Math.min(...drawn.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent).trimEnd()).join('\n');
}

/**
 * The first block of indented lines of the head comment; empty lines within it belong to it.
 *
 * @throws Error when there is none
 */
export function drawingIn(source: string, file: string): string {
  const lines = (HEAD.exec(source)?.[1] ?? '').split('\n').map((line) => line.replace(PREFIX, ''));
  const first = lines.findIndex((line) => DRAWN.test(line));
  if (first < 0)
    throw new Error(`${file} has no drawing in its head: indent it by three spaces behind the *`);
  const after = lines.findIndex((line, i) => i > first && line !== '' && !DRAWN.test(line));
  const block = lines.slice(first, after < 0 ? undefined : after);
  while (block.at(-1) === '') block.pop();
  return withoutIndent(block);
}

export function drawingOf(file: string): string {
  return drawingIn(readFileSync(file, 'utf8'), file);
}

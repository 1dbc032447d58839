/** The lines of a document that its reader copies into a shell. */
import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

export interface DocumentLine {
  /** Document and line, for messages. */
  readonly where: string;
  readonly line: string;
}

/** Lines of the shell blocks of a document, also the empty ones; a line that ends with a backslash goes on. */
export function shellLines(name: string): DocumentLine[] {
  const text = readFileSync(new URL(name, ROOT), 'utf8');
  return [...text.matchAll(/^( *)```sh\b.*\n([\s\S]*?)^ *```$/gm)].flatMap((block) => {
    const number = text.slice(0, block.index).split('\n').length;
    const body = block[2]!.replaceAll(/\\\n\s*/g, '');
    return body.split('\n').map((line, i) => ({ where: `${name}:${number + 1 + i}`, line: line.trim() }));
  });
}

/** PROTOCOL.md as a test reads it: its fenced blocks in their order, and its tables. */
import { readFileSync } from 'node:fs';

export type BlockKind = 'connection' | 'request' | 'answer' | 'order' | 'tick' | 'gap' | 'status';

export interface DocumentBlock {
  readonly kind: BlockKind;
  /** Line of the document on which the block begins. */
  readonly line: number;
  /** One line of text per message; a connection's is its address. */
  readonly messages: readonly string[];
}

const KINDS: readonly string[] = ['connection', 'request', 'answer', 'order', 'tick', 'gap', 'status'];

function isKind(name: string): name is BlockKind {
  return KINDS.includes(name);
}

/** Takes out the line breaks of a message that is set on several lines, so that blanks are as on the wire. */
function onOneLine(message: string): string {
  return message
    .trim()
    .replaceAll(/([{[])\s*\n\s*/g, '$1')
    .replaceAll(/\s*\n\s*([}\]])/g, '$1')
    .replaceAll(/\s*\n\s*/g, ' ');
}

export class ProtocolDocument {
  readonly blocks: readonly DocumentBlock[];
  readonly #text: string;

  constructor() {
    this.#text = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');
    this.blocks = [...this.#text.matchAll(/^```(\S+) ?(.*)\n([\s\S]*?)^```$/gm)].map((found) => {
      const [, language = '', kind = '', body = ''] = found;
      const line = this.#text.slice(0, found.index).split('\n').length;
      const isExample = language === (kind === 'connection' ? 'text' : 'json') && isKind(kind);
      if (!isExample)
        throw new Error(`PROTOCOL.md:${line}: a block of kind "${language} ${kind}" is not known`);
      return { kind, line, messages: body.split(/\n(?=\{)/).map(onOneLine) };
    });
  }

  /** The first columns of the table below a heading, without code marks. */
  table(heading: string): readonly (readonly string[])[] {
    const section = this.#text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
    const rows = section.split('\n').filter((line) => line.startsWith('| '));
    return rows.slice(2).map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  }
}

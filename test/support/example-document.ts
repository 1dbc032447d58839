/** A document as a test reads it: its fenced blocks in their order, and its tables. */
import { readFileSync } from 'node:fs';

export interface ExampleBlock<Kind extends string> {
  readonly kind: Kind;
  /** What stands behind the kind. */
  readonly argument: string;
  /** Line of the document on which the block begins. */
  readonly line: number;
  /** One line of text per message. */
  readonly messages: readonly string[];
}

/** Takes out the line breaks of a message that is set on several lines, so that blanks are as on the wire. */
function onOneLine(message: string): string {
  return message
    .trim()
    .replaceAll(/([{[])\s*\n\s*/g, '$1')
    .replaceAll(/\s*\n\s*([}\]])/g, '$1')
    .replaceAll(/\s*\n\s*/g, ' ');
}

export class ExampleDocument<Kind extends string> {
  readonly blocks: readonly ExampleBlock<Kind>[];
  readonly #text: string;

  /** @param languages the kinds of blocks that the document may have, with the language of each */
  constructor(name: string, languages: Readonly<Record<Kind, 'json' | 'text' | 'sh'>>) {
    this.#text = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
    const isKind = (kind: string): kind is Kind => Object.hasOwn(languages, kind);
    this.blocks = [...this.#text.matchAll(/^```(\S+) ?(\S*) ?(.*)\n([\s\S]*?)^```$/gm)].map((found) => {
      const [, language = '', kind = '', argument = '', body = ''] = found;
      const line = this.#text.slice(0, found.index).split('\n').length;
      if (!isKind(kind) || languages[kind] !== language)
        throw new Error(`${name}:${line}: a block of kind "${language} ${kind}" is not known`);
      return { kind, argument, line, messages: body.split(/\n(?=\{)/).map(onOneLine) };
    });
  }

  /** The rows of the nth table below a heading of the second level, without code marks. */
  table(heading: string, nth = 0): readonly (readonly string[])[] {
    const section = this.#text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
    const tables = section.match(/(?:^\|.*\n)+/gm) ?? [];
    const rows = (tables[nth] ?? '').trimEnd().split('\n');
    return rows.slice(2).map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  }
}

/** A text that is drawn in place again and again. It has the terminal's second screen, so that what stood there comes back. */
import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const END_OF_LINE = '\u001b[K';
const BELOW = '\u001b[J';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** What of a terminal is needed. */
export type Terminal = Writable & Partial<Pick<NodeJS.WriteStream, 'columns' | 'rows'>>;

export class LiveScreen {
  readonly #output: Terminal;
  #isOpen = false;

  constructor(output: Terminal) {
    this.#output = output;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Shows these lines and nothing else; what does not fit is left out, and the last line says so. */
  draw(lines: readonly string[]): void {
    const { columns = DEFAULT_COLUMNS, rows = DEFAULT_ROWS } = this.#output;
    const left = lines.length - rows;
    const fitting =
      left <= 0 ? lines : [...lines.slice(0, rows - 1), `… ${left + 1} more lines: enlarge the window`];
    const text = fitting.map((line) => clip(line, columns) + END_OF_LINE).join('\r\n');
    this.#output.write(`${this.#isOpen ? '' : ENTER}${HOME}${text}${BELOW}`);
    this.#isOpen = true;
  }

  /** Gives the terminal back. Safe in every state. */
  close(): void {
    if (this.#isOpen) this.#output.write(LEAVE);
    this.#isOpen = false;
  }
}

/** A line that wraps would shift all lines below. */
function clip(line: string, columns: number): string {
  const bare = stripVTControlCharacters(line);
  return bare.length <= columns ? line : `${bare.slice(0, columns - 1)}…`;
}

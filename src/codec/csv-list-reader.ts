/**
 * Reads CSV with a header line piece by piece, so that a text of any length takes no more memory than its longest row.
 * Values in quotes may hold commas, line ends and doubled quotes.
 */
import { ListFormatError, type ListReader, type ListRow } from './instrument-list.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';
const SHOWN_CHARACTERS = 60;

/** An instrument has some 120 bytes; a quote without an end shall not fill the memory. */
const MAX_ROW_BYTES = 16 * 1024;

export class CsvListReader implements ListReader {
  readonly #onRow: (row: ListRow) => void;
  readonly #required: readonly string[];
  #columns: readonly string[] | null = null;
  /** The row that has begun and not ended: its bytes from earlier pieces. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  #isQuoted = false;
  /** Whether a quote here begins a quoted value, or goes on with one. */
  #mayOpen = true;
  #rows = 0;

  /** @param required columns without which the text is no list */
  constructor(required: readonly string[], onRow: (row: ListRow) => void) {
    this.#required = required;
    this.#onRow = onRow;
  }

  push(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at];
      if (byte === QUOTE) {
        const wasQuoted = this.#isQuoted;
        this.#isQuoted = !wasQuoted && this.#mayOpen;
        // The second one of a doubled quote opens what the first has closed.
        this.#mayOpen = wasQuoted;
      } else if (!this.#isQuoted) {
        this.#mayOpen = byte === COMMA || byte === LINE_FEED;
        if (byte !== LINE_FEED) continue;
        this.#take(piece.subarray(start, at));
        start = at + 1;
      }
    }
    if (start === piece.length) return;
    this.#begunBytes += piece.length - start;
    this.#checkLength(this.#begunBytes);
    // The caller may use the memory of the piece again.
    this.#begun.push(Buffer.from(piece.subarray(start)));
  }

  /** A last line without its end counts, unless it is shorter than the others: then the text was cut. */
  end(): void {
    if (this.#isQuoted) throw this.#cutError();
    if (this.#begun.length > 0) this.#take(Buffer.alloc(0), true);
    if (this.#columns === null) throw new ListFormatError('empty', 'there is no text');
    if (this.#rows === 0) throw new ListFormatError('empty', 'the list has no rows');
  }

  #take(last: Buffer, isEnd = false): void {
    const bytes = this.#begun.length === 0 ? last : Buffer.concat([...this.#begun, last]);
    this.#begun = [];
    this.#begunBytes = 0;
    this.#checkLength(bytes.length);
    const line = bytes.toString('utf8').replace(/\r$/, '');
    if (line === '') return;
    if (this.#columns === null) {
      this.#columns = this.#readHeader(line);
      return;
    }
    const values = splitRow(line);
    if (isEnd && values.length < this.#columns.length) throw this.#cutError();
    this.#rows++;
    this.#onRow(Object.fromEntries(this.#columns.map((column, i) => [column, values[i] ?? ''])));
  }

  #readHeader(line: string): readonly string[] {
    const columns = splitRow(line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line);
    const missing = this.#required.filter((name) => !columns.includes(name));
    if (missing.length === 0) return columns;
    const begin = JSON.stringify(line.slice(0, SHOWN_CHARACTERS));
    const message = `its first line lacks the columns ${missing.join(', ')}: ${begin}`;
    throw new ListFormatError('not-a-list', message);
  }

  #checkLength(bytes: number): void {
    if (bytes <= MAX_ROW_BYTES) return;
    const message = `row ${this.#rows + 1} is longer than ${MAX_ROW_BYTES} bytes`;
    throw new ListFormatError('not-a-list', message);
  }

  #cutError(): ListFormatError {
    return new ListFormatError('cut', `the text ends within row ${this.#rows + 1}`);
  }
}

/** The values of one row. Quotes count at the beginning of a value; elsewhere they are text. */
function splitRow(line: string): string[] {
  const values: string[] = [];
  let at = 0;
  do {
    if (line[at] === '"') {
      const end = closingQuote(line, at + 1);
      const comma = line.indexOf(',', end + 1);
      const next = comma < 0 ? line.length : comma;
      values.push(line.slice(at + 1, end).replaceAll('""', '"') + line.slice(end + 1, next));
      at = next + 1;
    } else {
      const comma = line.indexOf(',', at);
      const next = comma < 0 ? line.length : comma;
      values.push(line.slice(at, next));
      at = next + 1;
    }
  } while (at <= line.length);
  return values;
}

/** Place of the quote that ends the value which begins at `from`; the end of the line if none does. */
function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) {
    if (line[at + 1] !== '"') return at;
  }
  return line.length;
}

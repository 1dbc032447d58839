/** The last lines of the log, for whoever looks at the dashboard. Main thread. */

export interface LogLine {
  /** ms since 1970 */
  readonly at: number;
  /** A pino level in lower case, `info` for example. */
  readonly level: string;
  readonly message: string;
  /** What else there is, as JSON has it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
/** More of a line is cut off: a stack, or what a broker said. */
const MAX_LINE_CHARACTERS = 8192;

export class LogTail {
  readonly #capacity: number;
  /** As they were written; the oldest first. */
  #lines: string[] = [];
  /** Lines that were ever written. */
  #written = 0;

  /** @param capacity lines that are kept */
  constructor(capacity = 1000) {
    this.#capacity = capacity;
  }

  /** Takes a line of pino. Cheap: it is read only when somebody looks. */
  write(line: string): void {
    this.#written++;
    this.#lines.push(line);
    if (this.#lines.length >= 2 * this.#capacity) this.#lines = this.#lines.slice(-this.#capacity);
  }

  /** Where the log stands: what comes from now on is `since` it. */
  get position(): number {
    return this.#written;
  }

  /** The last so many lines, the oldest first. */
  last(count: number): LogLine[] {
    const kept = Math.min(count, this.#capacity);
    return kept <= 0 ? [] : read(this.#lines.slice(-kept));
  }

  /** What was written behind a position, as far as it is kept. */
  since(position: number): LogLine[] {
    const count = Math.min(this.#written - position, this.#capacity);
    return count <= 0 ? [] : read(this.#lines.slice(-count));
  }
}

function read(lines: readonly string[]): LogLine[] {
  return lines.map((line) => {
    if (line.length > MAX_LINE_CHARACTERS) return cutLine(line);
    const { level, time, msg, pid: _, hostname: __, ...fields } = JSON.parse(line) as Record<string, unknown>;
    return { at: Number(time), level: levelOf(Number(level)), message: String(msg ?? ''), fields };
  });
}

/** Its head has level and time; the rest is not worth the dashboard's while. */
function cutLine(line: string): LogLine {
  const [, level, time] = /^\{"level":(\d+),"time":(\d+)/.exec(line) ?? [];
  const message = `${line.slice(0, MAX_LINE_CHARACTERS)}… (${line.length} characters)`;
  return { at: Number(time ?? Date.now()), level: levelOf(Number(level)), message, fields: {} };
}

function levelOf(level: number): string {
  return LEVELS[level] ?? String(level);
}

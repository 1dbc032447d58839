/**
 * The last line of a terminal, redrawn in place while something long goes on. What else is written stands above it. Without a
 * terminal there is none.
 */
const BAR_CHARACTERS = 24;
const CLEAR_LINE = '\r\u001b[K';
const DEFAULT_COLUMNS = 80;

/** There is one terminal, and one line. */
let shown = '';

/** Draws the line anew. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY !== true) return;
  // One that wraps would not be cleared.
  shown = text.slice(0, (process.stderr.columns ?? DEFAULT_COLUMNS) - 1);
  process.stderr.write(CLEAR_LINE + shown);
}

/** Takes the line away. */
export function endProgress(): void {
  if (shown !== '') process.stderr.write(CLEAR_LINE);
  shown = '';
}

/** Writes whole lines, above the line if it stands there. */
export function writeLines(stream: NodeJS.WriteStream, lines: string): void {
  if (shown === '') {
    stream.write(lines);
    return;
  }
  process.stderr.write(CLEAR_LINE);
  stream.write(lines);
  process.stderr.write(shown);
}

/** How much is done, for example `[######..................]  25 %`. @param part from 0 to 1; more counts as 1, what is no number as 0 */
export function progressBar(part: number): string {
  const done = part > 0 ? Math.min(1, part) : 0;
  const filled = Math.round(done * BAR_CHARACTERS);
  return `[${'#'.repeat(filled).padEnd(BAR_CHARACTERS, '.')}] ${String(Math.floor(done * 100)).padStart(3)} %`;
}

/** A span of time as `hh:mm:ss`. */
export function formatSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
}

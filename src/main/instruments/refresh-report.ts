/** What a person reads while a refresh of the instruments goes on: a bar on a terminal, single lines elsewhere. */
import { progressBar } from '../ops/progress-line.ts';
import type { RefreshOutcome, RefreshProgress } from './list-refresh.ts';

const MB = 1e6;
const CLEAR_LINE = '\r\u001b[K';

export class RefreshReport {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  #phase = '';
  #hasBar = false;

  constructor(write: (text: string) => void, isTerminal: boolean) {
    this.#write = write;
    this.#isTerminal = isTerminal;
  }

  progress(progress: RefreshProgress): void {
    const isNewPhase = progress.phase !== this.#phase;
    this.#phase = progress.phase;
    if (progress.phase === 'retry') {
      const wait = progress.waitMs === 0 ? 'at once' : `in ${progress.waitMs / 1000} s`;
      this.line(`${progress.message} Another attempt ${wait}.`);
    } else if (this.#isTerminal) {
      this.#write(`${CLEAR_LINE}${barOf(progress)}`);
      this.#hasBar = true;
    } else if (isNewPhase) {
      this.line(
        progress.phase === 'download' ? 'Fetching the instrument list' : 'Converting the instruments',
      );
    }
  }

  /** Ends a bar that stands there. */
  end(): void {
    if (this.#hasBar) this.#write('\n');
    this.#hasBar = false;
  }

  /** One line, in place of a bar that stands there. */
  line(text: string): void {
    this.#write(`${this.#hasBar ? CLEAR_LINE : ''}${text}\n`);
    this.#hasBar = false;
  }
}

/** What has come of a refresh, as one sentence. */
export function describeOutcome(outcome: RefreshOutcome): string {
  if (outcome.status === 'unchanged') {
    return `The instrument list has not changed: ${count(outcome.rows)} instruments.`;
  }
  const { rows, leftOut, duplicates, exchanges } = outcome;
  const parts = [
    `${count(leftOut.expired)} expired`,
    `${count(leftOut.foreign)} of other exchanges`,
    `${count(leftOut.bad)} not understood`,
    `${count(duplicates)} twice`,
  ];
  const by = Object.entries(exchanges)
    .filter(([, number]) => number > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([exchange, number]) => `${exchange} ${count(number)}`);
  return `${count(rows)} instruments stored (${by.join(', ')}); left out: ${parts.join(', ')}.`;
}

function barOf(progress: Exclude<RefreshProgress, { phase: 'retry' }>): string {
  const { phase, bytes, total } = progress;
  const what = phase === 'download' ? 'Fetching  ' : 'Converting';
  const rows = phase === 'import' ? `  ${count(progress.rows)} instruments` : '';
  if (total === null || total === 0) return `${what} ${(bytes / MB).toFixed(1)} MB${rows}`;
  return `${what} ${progressBar(bytes / total)}  ${(bytes / MB).toFixed(1)} of ${(total / MB).toFixed(1)} MB${rows}`;
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

/**
 * Asks the main thread for metrics and health, for each request anew: what is said of the engine's health must not outlive
 * its main thread. Thread of the operator's listener.
 */
import type { FigurePage, FigurePath } from '../ops/engine-view.ts';
import type { FromOperator } from './operator-messages.ts';

/** Main has little to do: one that is silent for so long is not well. */
const TIMEOUT_MS = 2000;
const MAX_WAITING = 64;

const SILENT: FigurePage = {
  status: 503,
  contentType: 'application/json',
  body: JSON.stringify({
    status: 'down',
    reasons: [`MAIN_SILENT: the main thread has not answered for ${TIMEOUT_MS} ms`],
  }),
};

interface Waiting {
  readonly answer: (page: FigurePage) => void;
  readonly timer: NodeJS.Timeout;
}

export class FigureRequests {
  readonly #post: (message: FromOperator) => void;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(post: (message: FromOperator) => void) {
    this.#post = post;
  }

  /** @param answer called once, with what main says, or with a 503 of its own when main says nothing in time */
  ask(path: FigurePath, answer: (page: FigurePage) => void): void {
    if (this.#waiting.size >= MAX_WAITING) {
      answer(SILENT);
      return;
    }
    const id = this.#nextId++;
    const timer = setTimeout(() => this.answer(id, SILENT), TIMEOUT_MS);
    this.#waiting.set(id, { answer, timer });
    this.#post({ type: 'figures', id, path });
  }

  answer(id: number, page: FigurePage): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.answer(page);
  }

  stop(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}

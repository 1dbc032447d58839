/**
 * Asks the main thread for metrics and health each time that somebody does: what is said of the engine's health must not outlive
 * its main thread. Thread of the operator's listener.
 */
import type { FigurePage, FigurePath } from '../ops/engine-view.ts';
import type { FromOperator } from './operator-messages.ts';

/** Main has little to do: one that is silent for so long is not well. */
const TIMEOUT_MS = 2000;
const MAX_WAITING = 64;
/** Between two questions for the same: who scrapes without end takes a few hundredths of main's time. */
const PAUSE_MS = 50;

const SILENT: FigurePage = {
  status: 503,
  contentType: 'application/json',
  body: JSON.stringify({
    status: 'down',
    reasons: [`MAIN_SILENT: the main thread has not answered for ${TIMEOUT_MS} ms`],
  }),
};

const BUSY: FigurePage = {
  status: 503,
  contentType: 'application/json',
  body: JSON.stringify({ status: 'busy', reasons: ['BUSY: too many ask at once; ask again in a moment'] }),
};

interface Question {
  readonly path: FigurePath;
  readonly answers: ((page: FigurePage) => void)[];
  timer: NodeJS.Timeout;
}

export class FigureRequests {
  readonly #post: (message: FromOperator) => void;
  readonly #questions = new Map<number, Question>();
  /** When main was asked for each last, ms of performance.now(). */
  readonly #askedAt = new Map<FigurePath, number>();
  #nextId = 1;

  constructor(post: (message: FromOperator) => void) {
    this.#post = post;
  }

  /**
   * Whoever asks while main is being asked shares its answer: many who ask keep main no busier than one.
   * @param answer called once, with what main says, or with a 503 of its own when main says nothing in time
   */
  ask(path: FigurePath, answer: (page: FigurePage) => void): void {
    const open = [...this.#questions.values()].find((question) => question.path === path);
    if (open !== undefined) {
      if (open.answers.length < MAX_WAITING) open.answers.push(answer);
      else answer(BUSY);
      return;
    }
    const id = this.#nextId++;
    const waitMs = (this.#askedAt.get(path) ?? Number.NEGATIVE_INFINITY) + PAUSE_MS - performance.now();
    const timer = setTimeout(() => this.#askMain(id), Math.max(0, waitMs));
    this.#questions.set(id, { path, answers: [answer], timer });
  }

  answer(id: number, page: FigurePage): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#questions.delete(id);
    clearTimeout(question.timer);
    for (const answer of question.answers) answer(page);
  }

  stop(): void {
    for (const { timer } of this.#questions.values()) clearTimeout(timer);
    this.#questions.clear();
  }

  #askMain(id: number): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#askedAt.set(question.path, performance.now());
    question.timer = setTimeout(() => this.answer(id, SILENT), TIMEOUT_MS);
    this.#post({ type: 'figures', id, path: question.path });
  }
}

/**
 * Requests, one at a time: errors do not say which request they answer, so there is never more than one that they can mean.
 * Answers are handed on at once, since what comes right behind them, even in the same read, is told by them.
 */
import { TickwireError } from './tickwire-error.ts';
import { textOf, type WireMessage } from './wire.ts';

const ANSWERS: ReadonlySet<unknown> = new Set([
  'subscribe',
  'unsubscribe',
  'subscribe_orders',
  'unsubscribe_orders',
]);
/** Errors that come by themselves. */
const UNASKED: ReadonlySet<unknown> = new Set(['BROKER_REFUSED', 'KEY_REVOKED']);

/** The error that a message is, null for any other message. One without a code is as good as one that cannot be read. */
export function errorOf(message: WireMessage): TickwireError | null {
  const { type, status, code, message: text } = message;
  const isError = type === 'error' || (type === undefined && status === 'error');
  return isError ? new TickwireError(textOf(code) || 'BAD_MESSAGE', textOf(text)) : null;
}

export class RequestLine {
  readonly #send: (request: object) => void;
  readonly #answerMs: number;
  readonly #onSilence: () => void;
  #onAnswer: ((answer: WireMessage) => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onSilence when a request is not answered within `answerMs` */
  constructor(send: (request: object) => void, answerMs: number, onSilence: () => void) {
    this.#send = send;
    this.#answerMs = answerMs;
    this.#onSilence = onSilence;
  }

  get isBusy(): boolean {
    return this.#onAnswer !== null;
  }

  /** Not while it is busy. */
  ask(request: object, onAnswer: (answer: WireMessage) => void): void {
    this.#onAnswer = onAnswer;
    this.#timer = setTimeout(this.#onSilence, this.#answerMs);
    this.#send(request);
  }

  /** @returns whether the message answers what was asked */
  take(message: WireMessage): boolean {
    const isAnswer = ANSWERS.has(message.type) || (errorOf(message) !== null && !UNASKED.has(message.code));
    const onAnswer = this.#onAnswer;
    if (!isAnswer || onAnswer === null) return false;
    this.end();
    onAnswer(message);
    return true;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#onAnswer = null;
  }
}

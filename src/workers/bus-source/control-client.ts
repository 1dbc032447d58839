/**
 * Questions to one feed host and its answers. Nothing is kept for a host that is away: a question that cannot be sent, or
 * is not answered in time, has failed, and whoever asks tries elsewhere. Proxy worker thread.
 */
import {
  type ControlAnswer,
  type ControlRequest,
  encodeRequest,
  parseAnswer,
} from '../bus/control-message.ts';

/** A DEALER socket. `send` fails while nobody is connected. */
export interface ControlSocket {
  send(frame: string): Promise<void>;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
/** What is asked; the id is given here. */
export type Question = WithoutId<ControlRequest>;

interface Pending {
  readonly resolve: (answer: ControlAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** The host had the question, as far as is known, and said nothing in time. */
export class NoAnswer extends Error {}

export class ControlClient {
  readonly #socket: ControlSocket;
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  /** `zeromq` allows one send in flight: the end of the last one that was asked for. */
  #lastSend: Promise<void> = Promise.resolve();
  /** Frames that were no answers. */
  garbage = 0;

  constructor(socket: ControlSocket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws Error that says why there is no answer; an answer of type `error` is one */
  ask(question: Question, timeoutMs = this.#timeoutMs): Promise<ControlAnswer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(id, new NoAnswer(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#pending.set(id, { resolve, reject, timer });
      const frame = encodeRequest({ id, ...question });
      this.#lastSend = this.#lastSend.then(() => {
        // It may have been given up while others were sent.
        if (!this.#pending.has(id)) return undefined;
        return this.#socket.send(frame).catch(() => this.#fail(id, new Error('not connected')));
      });
    });
  }

  /** A frame has come. */
  onFrame(frame: Uint8Array): void {
    const answer = parseAnswer(frame);
    const pending = answer === null ? undefined : this.#take(answer.id);
    if (answer === null) this.garbage++;
    else pending?.resolve(answer);
  }

  /** Nobody will answer what was asked. */
  failAll(reason: string): void {
    for (const id of [...this.#pending.keys()]) this.#fail(id, new Error(reason));
  }

  #fail(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    return pending;
  }
}

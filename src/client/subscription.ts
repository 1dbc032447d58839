/** What a program holds of one instrument in one mode: read in a loop, or by callbacks. */
import { Emitter } from './emitter.ts';
import type { StaleReason, Stream, StreamNews, StreamReader } from './stream.ts';
import type { SubscribeOptions } from './terms.ts';
import type { Tick, TickMode, TickOf } from './tick.ts';
import { TickQueue } from './tick-queue.ts';
import { TickwireError } from './tickwire-error.ts';

export interface SubscriptionEvents<Mode extends TickMode> extends StreamNews {
  readonly tick: TickOf<Mode>;
  /** Nothing more comes: `unsubscribe`, `close`, or the error that ended it. */
  readonly end: { readonly error: TickwireError | null };
}

interface Confirmation {
  resolve(): void;
  reject(error: TickwireError): void;
}

export class Subscription<Mode extends TickMode> implements AsyncIterable<TickOf<Mode>>, StreamReader {
  /** `EXCHANGE:SYMBOL`. */
  readonly instrument: string;
  readonly mode: Mode;
  readonly #stream: Stream;
  readonly #leave: () => Promise<void>;
  readonly #events = new Emitter<SubscriptionEvents<Mode>>();
  readonly #queue: TickQueue<TickOf<Mode>>;
  readonly #confirmations: Confirmation[] = [];
  #isRead = false;
  #hasCallback = false;
  #ended: { readonly error: TickwireError | null } | null = null;

  /** Made by `TickwireClient.subscribe`. */
  constructor(
    mode: Mode,
    stream: Stream,
    { buffer, overflow }: Required<Pick<SubscribeOptions, 'buffer' | 'overflow'>>,
    leave: () => Promise<void>,
  ) {
    this.instrument = stream.instrument;
    this.mode = mode;
    this.#stream = stream;
    this.#leave = leave;
    this.#queue = new TickQueue(buffer, overflow);
  }

  /** The latest tick, null while none has come. It may be an old one: `staleReason`. */
  get last(): TickOf<Mode> | null {
    return this.#stream.last as TickOf<Mode> | null;
  }

  /** null: `last` is what the market says now. Otherwise why nobody should take it for that. */
  get staleReason(): StaleReason | null {
    return this.#ended === null ? this.#stream.staleReason : 'disconnected';
  }

  /**
   * Calls back at each event. Ticks wait for a loop to read them (`buffer`), from the start; a `tick` callback that comes before any
   * loop is called with those that wait.
   * @returns ends that
   */
  on<Name extends keyof SubscriptionEvents<Mode>>(
    name: Name,
    listener: (event: SubscriptionEvents<Mode>[Name]) => void,
  ): () => void {
    const off = this.#events.on(name, listener);
    if (name === 'tick' && !this.#hasCallback) {
      this.#hasCallback = true;
      if (!this.#isRead) for (const tick of this.#queue.clear()) this.#events.emit('tick', tick);
    }
    return off;
  }

  /**
   * Resolves when the server has confirmed the subscription.
   * @throws (rejects) TickwireError with the server's code, when it refuses
   */
  confirmed(): Promise<void> {
    if (this.#ended !== null) return Promise.reject(this.#ended.error ?? closedError(this.instrument));
    if (this.#stream.place === 'held') return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#confirmations.push({ resolve, reject });
    });
  }

  /** Nothing more comes; loops end. Resolves when the server has been told, or need not be. */
  unsubscribe(): Promise<void> {
    return this.#leave();
  }

  /**
   * One loop at a time. Leaving the loop does not unsubscribe.
   * @throws TickwireError ALREADY_READ; in the loop, what ended the subscription
   */
  [Symbol.asyncIterator](): AsyncIterator<TickOf<Mode>, undefined> {
    if (this.#isRead) {
      const message = `${this.instrument} is read by a loop already; subscribe again for another one`;
      throw new TickwireError('ALREADY_READ', message, this.instrument);
    }
    this.#isRead = true;
    return {
      next: () => this.#queue.next(),
      return: () => {
        this.#isRead = false;
        this.#queue.leave();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** @internal A tick of its stream has come. */
  take(tick: Tick): void {
    const own = tick as TickOf<Mode>;
    this.#events.emit('tick', own);
    if (this.#isRead || !this.#hasCallback) this.#queue.push(own);
  }

  /** @internal */
  emit<Name extends keyof StreamNews>(name: Name, event: StreamNews[Name]): boolean {
    return this.#events.emit(name, event as SubscriptionEvents<Mode>[Name]);
  }

  /** @internal The server has confirmed it. */
  confirm(): void {
    for (const { resolve } of this.#confirmations.splice(0)) resolve();
  }

  /** @internal @returns whether anybody will hear of it */
  finish(error: TickwireError | null): boolean {
    if (this.#ended !== null) return true;
    this.#ended = { error };
    const confirmations = this.#confirmations.splice(0);
    for (const { reject } of confirmations) reject(error ?? closedError(this.instrument));
    this.#queue.end(error);
    const isHeard = this.#events.emit('end', { error });
    return isHeard || confirmations.length > 0 || this.#isRead || !this.#hasCallback;
  }
}

function closedError(instrument: string): TickwireError {
  return new TickwireError('CLOSED', `the subscription of ${instrument} was ended`, instrument);
}

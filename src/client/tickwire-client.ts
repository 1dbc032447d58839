/** What a program holds of Tickwire: subscriptions, and news of the connection. */
import { type ConnectOptions, checkOptions } from './client-options.ts';
import { Emitter } from './emitter.ts';
import { type ClientState, Link, type StateChange } from './link.ts';
import type { SessionNews } from './login.ts';
import type { FeedStatus } from './notice.ts';
import { errorOf } from './request-line.ts';
import type { Stream, StreamReader } from './stream.ts';
import { StreamRouter } from './stream-router.ts';
import { StreamTable } from './stream-table.ts';
import { Subscription } from './subscription.ts';
import { SubscriptionDesk } from './subscription-desk.ts';
import { checkTerms, isSameTerms, oneOf, type SubscribeOptions, type Terms, within } from './terms.ts';
import type { TickMode } from './tick.ts';
import { TickwireError, throwUnheard } from './tickwire-error.ts';
import { messagesOf, numberOf, textOf, type WireMessage } from './wire.ts';

export interface ClientEvents {
  readonly state: StateChange;
  readonly session: SessionNews;
  readonly status: FeedStatus;
  /** The engine stops; the client comes back by itself. */
  readonly goingAway: { readonly reason: string; readonly reconnectAfterMs: number | null };
  /** As OpenAlgo publishes it; see `subscribeOrders`. */
  readonly order: WireMessage;
  /** A message of a kind that this client does not know. */
  readonly message: WireMessage;
  /** Whatever goes wrong, also with single subscriptions. Behind an error that ends everything the state is `closed`. */
  readonly error: TickwireError;
}

interface Waiter {
  resolve(): void;
  reject(error: TickwireError): void;
}

const BUFFER = 1000;
const MAX_BUFFER = 1_000_000;

export class TickwireClient {
  readonly #events = new Emitter<ClientEvents>();
  readonly #streams = new StreamTable();
  readonly #router: StreamRouter;
  readonly #desk: SubscriptionDesk;
  readonly #link: Link;
  #waiters: Waiter[] = [];
  #stopped: { readonly error: TickwireError | null } | null = null;

  /** Made by `connect`. */
  constructor(options: ConnectOptions) {
    checkOptions(options);
    this.#router = new StreamRouter(this.#streams, (status) => this.#events.emit('status', status));
    this.#desk = new SubscriptionDesk(this.#streams, (error, isHeard) => this.#warn(error, isHeard));
    this.#link = new Link(options, {
      onResumed: (message) => this.#desk.takeResumed(message),
      onSession: (news) => this.#events.emit('session', news),
      onOpen: (line) => {
        this.#desk.open(line);
        for (const { resolve } of this.#waiters.splice(0)) resolve();
      },
      onMessage: (message) => this.#take(message),
      onDown: () => this.#desk.close(),
      onState: (change) => {
        this.#events.emit('state', change);
        this.#wakeIfWanted();
      },
      onError: (error) => this.#warn(error),
      onStop: (error) => this.#stop(error),
    });
    // So that whoever made it can listen from the start.
    queueMicrotask(() => {
      if (this.#stopped === null) void this.#link.dial();
    });
  }

  get state(): ClientState {
    return this.#link.state;
  }

  /** Resolves as soon as the server has taken the key; @throws (rejects) TickwireError when it never will. */
  ready(): Promise<void> {
    if (this.#stopped !== null) return Promise.reject(this.#stopped.error ?? closedError());
    if (this.state === 'open') return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  /**
   * Calls back at each event.
   * @returns ends that
   */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Subscribes now, or as soon as there is a connection, and again after each loss of it.
   * @param instrument `EXCHANGE:SYMBOL`, OpenAlgo's names, case-sensitive
   * @throws TickwireError INVALID_INSTRUMENT, INVALID_OPTION, CONFLICTING_TERMS, or why the client is closed; what the server
   *   refuses ends the subscription with the server's code
   */
  subscribe<Mode extends TickMode>(
    instrument: string,
    mode: Mode,
    options: SubscribeOptions = {},
  ): Subscription<Mode> {
    if (this.#stopped !== null) throw this.#stopped.error ?? closedError();
    const terms = checkTerms(instrument, mode, options);
    const buffer = within('buffer', options.buffer ?? BUFFER, 1, MAX_BUFFER);
    const overflow = oneOf('overflow', options.overflow ?? 'conflate', ['conflate', 'end'] as const);
    const stream = this.#streamFor(instrument, terms);
    const subscription: Subscription<Mode> = new Subscription(mode, stream, { buffer, overflow }, () =>
      this.#leave(stream, subscription),
    );
    stream.join(subscription);
    this.#desk.plan();
    this.#wakeIfWanted();
    return subscription;
  }

  /** Order updates of the key's user, as `order` events, from now on and after each loss of the connection. */
  subscribeOrders(): void {
    this.#desk.wantsOrders = true;
    this.#wakeIfWanted();
  }

  unsubscribeOrders(): void {
    this.#desk.wantsOrders = false;
  }

  /** Ends everything. Loops end after what has come already. */
  close(): void {
    this.#link.close();
  }

  #streamFor(instrument: string, terms: Terms): Stream {
    const known = this.#streams.get(instrument, terms.wireMode);
    if (known === undefined) return this.#streams.add(terms);
    if (isSameTerms(known.terms, terms)) return known;
    const message = `${instrument} is subscribed in this mode on other terms; use the same, or unsubscribe it first`;
    throw new TickwireError('CONFLICTING_TERMS', message, instrument);
  }

  #leave(stream: Stream, subscription: StreamReader): Promise<void> {
    stream.readers.delete(subscription);
    subscription.finish(null);
    return this.#desk.release(stream);
  }

  #wakeIfWanted(): void {
    const isWanted = this.#streams.size > 0 || this.#desk.wantsOrders;
    if (this.state === 'idle' && isWanted) void this.#link.dial();
  }

  #take(message: WireMessage): void {
    if (this.#router.take(message)) {
      if (message.type === 'subscription_ended') this.#takeEnd(message);
      return;
    }
    const error = errorOf(message);
    if (error !== null) {
      this.#warn(error);
    } else if (message.type === 'going_away') {
      const { reason, reconnect_after_ms: ms } = message;
      this.#events.emit('goingAway', { reason: textOf(reason), reconnectAfterMs: numberOf(ms) });
    } else {
      this.#events.emit(message.type === 'order_update' ? 'order' : 'message', message);
    }
  }

  /** Without a list it is about order updates. */
  #takeEnd(message: WireMessage): void {
    if (messagesOf(message.subscriptions).length === 0) this.#desk.onOrdersEnded();
    this.#warn(new TickwireError(textOf(message.code), textOf(message.message)));
  }

  #stop(error: TickwireError | null): void {
    this.#stopped = { error };
    this.#desk.close();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error ?? closedError());
    let isHeard = waiters.length > 0;
    for (const stream of this.#streams.all()) isHeard = stream.end(error) || isHeard;
    // Nothing more comes of it: a program that listens nowhere must not go on as if all were well.
    if (error !== null && !this.#events.emit('error', error) && !isHeard) throwUnheard(error);
  }

  /** Something that the client goes on after. */
  #warn(error: TickwireError, isHeard = false): void {
    if (!this.#events.emit('error', error) && !isHeard)
      console.warn(`tickwire: ${error.code}: ${error.message}`);
  }
}

function closedError(): TickwireError {
  return new TickwireError('CLOSED', 'the client is closed; connect again');
}

/**
 * Lets all clients of a worker go in good order: each reads why and when to come back, gets the answers to what it asked
 * and what was already sent to it, and is closed with 1001. Who does not read is left over for whoever set the time.
 * Proxy worker thread; no new tick is sent any more.
 */
import { FEATURE } from '../../../codec/framing.ts';
import type { DrainClients, DrainNews } from '../../drain-messages.ts';
import type { ClientSession } from './client-session.ts';
import { CLOSE, type Close } from './close-codes.ts';
import { reconnectAdvice, reconnectWindow } from './reconnect-advice.ts';

/** Clients with one of these are told by a message as well. */
const TOLD_BY_MESSAGE = FEATURE.STATUS | FEATURE.SESSION;
/** A pass over the clients lets the event loop turn after so long: closing one with many subscriptions takes its time. */
const SLICE_MS = 2;
const ROUND_MS = 20;
const NEWS_MS = 250;
/**
 * What was written is on its way, and would be lost if the socket were closed before the client's last bytes were read:
 * then the kernel resets the connection. So long may clients take to answer the close.
 */
const FAREWELL_MS = 100;

export interface ClientDrainOptions {
  readonly sessions: ReadonlySet<ClientSession>;
  readonly request: DrainClients;
  readonly onNews: (news: DrainNews) => void;
}

export class ClientDrain {
  readonly #options: ClientDrainOptions;
  readonly #windowMs: number;
  /** When each client should come back. */
  readonly #advice = new Map<ClientSession, number>();
  #closed = 0;
  #newsAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(options: ClientDrainOptions) {
    this.#options = options;
    const { sessions, request } = options;
    const { size } = sessions;
    this.#windowMs = reconnectWindow(size, request.spreadMs);
    for (const session of sessions) {
      const advice = reconnectAdvice(this.#advice.size, size, this.#windowMs, Math.random());
      this.#advice.set(session, advice);
    }
  }

  /** Tells everybody, and closes those for whom nothing is left; the others follow. */
  begin(): void {
    this.#pass(this.#options.sessions.values(), true);
  }

  /** No client is closed from here on. */
  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  /** What a client is closed with. */
  closeOf(session: ClientSession): Close {
    const { reason } = CLOSE.GOING_AWAY;
    return { ...CLOSE.GOING_AWAY, reason: `${reason}; reconnect in ${this.#adviceOf(session)} ms` };
  }

  #pass(sessions: SetIterator<ClientSession>, isFirst: boolean): void {
    const until = performance.now() + SLICE_MS;
    for (const session of sessions) {
      if (isFirst) this.#tell(session);
      if (isSettled(session)) {
        session.end(this.closeOf(session));
        this.#closed++;
      }
      if (performance.now() < until) continue;
      // A set's iterator goes on where it was, whatever was taken out meanwhile.
      this.#immediate = setImmediate(() => this.#pass(sessions, isFirst));
      return;
    }
    this.#endPass(isFirst);
  }

  #endPass(isFirst: boolean): void {
    const isEmpty = this.#options.sessions.size === 0;
    const now = performance.now();
    if (isFirst || now - this.#newsAt >= NEWS_MS) {
      this.#newsAt = now;
      this.#say(false);
    }
    this.#timer = isEmpty
      ? setTimeout(() => this.#say(true), this.#closed > 0 ? FAREWELL_MS : 0)
      : setTimeout(() => this.#pass(this.#options.sessions.values(), false), ROUND_MS);
  }

  #tell(session: ClientSession): void {
    if ((session.options.features & TOLD_BY_MESSAGE) === 0) return;
    const { reason } = this.#options.request;
    session.send({ type: 'going_away', reason, reconnect_after_ms: this.#adviceOf(session) });
  }

  /** Who came in the very moment has no place in the order. */
  #adviceOf(session: ClientSession): number {
    return this.#advice.get(session) ?? Math.floor(Math.random() * this.#windowMs);
  }

  #say(isDone: boolean): void {
    const { sessions, onNews } = this.#options;
    let unsentBytes = 0;
    for (const { backlogBytes } of sessions) unsentBytes += backlogBytes;
    onNews({ type: 'draining', clients: sessions.size, unsentBytes, closed: this.#closed, isDone });
  }
}

/** Nothing is left to send to the client, and nothing that it asked for to be answered. */
function isSettled(session: ClientSession): boolean {
  const isConflated = session.slow?.client.hasWaiting === true;
  return !session.isBusy && !isConflated && session.backlogBytes === 0;
}

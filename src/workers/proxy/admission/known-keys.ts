/**
 * Remembers for a moment which key a connection has shown to be good: a client that authenticates a hundred times a second
 * with one key asks nobody but this thread. Proxy worker thread, at the pace of authenticate requests.
 */
import { hash } from 'node:crypto';
import type { ClientSession, Identity } from '../connection/client-session.ts';

/** Shorter than the time within which a change of keys reaches connections. */
const LIFETIME_MS = 1000;

interface Shown {
  readonly digest: string;
  /** Another object as soon as anything of it has changed: rights, or the broker session. */
  readonly identity: Identity | null;
  /** ms of performance.now() */
  readonly untilMs: number;
}

export class KnownKeys {
  readonly #shown = new WeakMap<ClientSession, Shown>();

  /** The key is the one that the client's identity comes from. */
  note(session: ClientSession, key: string): void {
    const { identity } = session;
    this.#shown.set(session, {
      digest: hash('sha256', key),
      identity,
      untilMs: performance.now() + LIFETIME_MS,
    });
  }

  /** Whether this is that key, and all that was said of it holds still. */
  has(session: ClientSession, key: string): boolean {
    const shown = this.#shown.get(session);
    if (shown === undefined || shown.identity !== session.identity) return false;
    return performance.now() < shown.untilMs && shown.digest === hash('sha256', key);
  }
}

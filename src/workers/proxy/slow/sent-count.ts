/**
 * Counts up what was sent to a client. The library does not tell, so what its topics brought is added up, a few streams at a
 * time: each takes up to 0.1 µs, and a client may have tens of thousands. Proxy worker thread.
 */
import type { ClientSession, Holding } from '../connection/client-session.ts';
import type { SlowState } from './slow-state.ts';

export class SentCount {
  /** When it began, ms of `performance.now()`. */
  readonly at: number;
  readonly #holdings: Iterator<readonly Holding[]>;
  readonly #offset: number;
  #bytes = 0;

  constructor(session: Pick<ClientSession, 'holdings'>, { sentOffset }: SlowState, now: number) {
    this.at = now;
    this.#holdings = session.holdings.values();
    this.#offset = sentOffset;
  }

  /**
   * Goes on, by one instrument at least.
   * @param until ms of `performance.now()`
   * @returns bytes that were sent when it began or later, of what is counted; null while there is more to be added, NaN when
   *   the client's topics have become others meanwhile, so that nothing is known
   */
  goOn(session: ClientSession, { client, sentOffset }: SlowState, until: number): number | null {
    if (sentOffset !== this.#offset) return Number.NaN;
    do {
      const next = session.isDirect ? null : this.#holdings.next();
      if (next === null || next.done === true) return this.#bytes + session.sentBytes + sentOffset;
      for (const { streams } of next.value) {
        for (const stream of streams.values()) if (!client.has(stream)) this.#bytes += stream.publishedBytes;
      }
    } while (performance.now() < until);
    return null;
  }
}

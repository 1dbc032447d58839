/**
 * Encoders of streams that have ended. To make one takes 20 to 90 µs with its first tick, ten times what all the rest of a
 * subscription takes: a client that subscribes and unsubscribes again and again would keep the ticks of others waiting.
 * Proxy worker thread.
 */
import type { TickEncoder } from '../../../codec/framing.ts';
import type { Instrument } from '../../../codec/tick.ts';

/** As many as a client has instruments as a rule; 1 to 5 KB each, with more levels than five 15 KB. */
export const MAX_IDLE_ENCODERS = 1024;

interface IdleEncoder {
  readonly instrument: Instrument;
  readonly encoder: TickEncoder;
}

export class IdleEncoders {
  /** By topic, the one that ended first to go first. */
  readonly #kept = new Map<string, IdleEncoder>();

  keep(topic: string, instrument: Instrument, encoder: TickEncoder): void {
    this.#kept.delete(topic);
    this.#kept.set(topic, { instrument, encoder });
    if (this.#kept.size <= MAX_IDLE_ENCODERS) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }

  /** The encoder of a topic, which is the caller's then; null where none is kept, or one of what the slot stood for before. */
  take(topic: string, instrument: Instrument): TickEncoder | null {
    const found = this.#kept.get(topic);
    if (found === undefined) return null;
    this.#kept.delete(topic);
    return isSame(found.instrument, instrument) ? found.encoder : null;
  }
}

function isSame(one: Instrument, other: Instrument): boolean {
  return (
    one.symbol === other.symbol &&
    one.exchange === other.exchange &&
    one.broker === other.broker &&
    one.segment === other.segment &&
    one.token === other.token
  );
}

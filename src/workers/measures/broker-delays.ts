/** How long ticks take from the exchange to the socket, by exchange. Feed worker thread. */
import { readInt64, WORD } from '../../codec/tick-message.ts';
import { ClockOffset } from './clock-bounds.ts';
import { HopHistogram } from './hop-histogram.ts';
import type { ClockBounds, HopMeasure } from './thread-measures.ts';

/** What an instrument remembers for it. */
export interface TimedInstrument {
  /** The latest exchange time, ms since 1970; 0 before the first. */
  exchangeTimeMs: number;
  /** The next tick follows an outage. */
  readonly gapBefore: boolean;
}

/** The delays of one exchange. */
export class ExchangeDelay {
  readonly #clock: Pick<ClockOffset, 'ms'>;
  readonly histogram = new HopHistogram();
  shortestMs = Number.POSITIVE_INFINITY;

  constructor(clock: Pick<ClockOffset, 'ms'>) {
    this.#clock = clock;
  }

  /**
   * A tick has come. The first one after a subscribe or an outage is an image, which may be hours old, and one whose
   * exchange time is not later than before is not news of the exchange: both are left out.
   *
   * Hot path, feed worker thread; neither allocates nor throws.
   * @param receivedMs ms since 1970
   */
  note(instrument: TimedInstrument, words: Int32Array, receivedMs: number): void {
    const sentMs = readInt64(words, WORD.EXCHANGE_TIME_MS);
    const before = instrument.exchangeTimeMs;
    if (sentMs <= before) return;
    instrument.exchangeTimeMs = sentMs;
    if (before === 0 || instrument.gapBefore) return;
    const delayMs = receivedMs - sentMs;
    if (delayMs < this.shortestMs) this.shortestMs = delayMs;
    const correctedMs = delayMs - this.#clock.ms;
    this.histogram.record(correctedMs > 0 ? correctedMs * 1000 : 0);
  }
}

/** Those of all exchanges that a connection carries. */
export class BrokerDelays {
  readonly #clock: ClockOffset;
  readonly #exchanges = new Map<string, ExchangeDelay>();

  /** @param now ms of a clock that nobody sets */
  constructor(now: () => number = () => performance.now()) {
    this.#clock = new ClockOffset(now);
  }

  of(exchange: string): ExchangeDelay {
    let delay = this.#exchanges.get(exchange);
    if (delay === undefined) {
      delay = new ExchangeDelay(this.#clock);
      this.#exchanges.set(exchange, delay);
    }
    return delay;
  }

  /** See `ClockOffset.noteDate`. */
  noteDate(dateMs: number, askedAt: number, answeredAt: number): void {
    this.#clock.noteDate(dateMs, askedAt, answeredAt);
  }

  /** This machine's clock was set. */
  resetClock(): void {
    this.#clock.reset();
  }

  /** What was recorded since the last call, which is to be made once a second. */
  take(): { hops: HopMeasure[]; clock: ClockBounds } {
    const hops: HopMeasure[] = [];
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const [exchange, delay] of this.#exchanges) {
      shortestMs = Math.min(shortestMs, delay.shortestMs);
      delay.shortestMs = Number.POSITIVE_INFINITY;
      const increment = delay.histogram.take();
      if (increment !== null) hops.push({ hop: 'exchange_to_receive', exchange, to: '', increment });
    }
    if (shortestMs < Number.POSITIVE_INFINITY) this.#clock.noteShortest(shortestMs);
    return { hops, clock: this.#clock.bounds() };
  }
}

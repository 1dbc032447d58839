/** Candles of one instrument from its ticks. What cannot be known is said in the candle, never guessed. */
import type { QuoteTick } from '../src/client/index.ts';

export interface Candle {
  readonly instrument: string;
  /** Of its beginning, by the exchange's clock. */
  readonly start: string;
  /** null: no trade was seen. */
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
  volume: number;
  /** Ticks with a trade. */
  trades: number;
  /** False: something may be missing, and `notes` says what. */
  isComplete: boolean;
  readonly notes: string[];
}

/** Of a longer gap only the end is told candle by candle. */
const MAX_EMPTY = 1440;
const MERGED = 'ticks of two candles came as one';

export class CandleBuilder {
  readonly #lengthMs: number;
  readonly #onCandle: (candle: Candle) => void;
  #candle: Candle | null = null;
  #startMs: number | null = null;
  #last: QuoteTick | null = null;

  /** @param onCandle told of each candle when it is over; of one without a trade only where something may be missing */
  constructor(seconds: number, onCandle: (candle: Candle) => void) {
    this.#lengthMs = seconds * 1000;
    this.#onCandle = onCandle;
  }

  /** Ticks of one instrument, in the order in which they come. */
  take(tick: QuoteTick): void {
    const { ltp, volume, gap, receipt } = tick;
    const before = this.#last;
    this.#last = tick;
    const timeMs = tick.time ?? tick.receivedAt;
    const startMs = this.#moveTo(tick, timeMs);
    const candle = this.#candle!;
    if (before === null) this.#note('begins in the middle');
    if (gap !== null) this.#note(`${gap.missed ?? 'unknown number of'} ticks missing (${gap.reason})`);
    if (before === null || ltp === null || !isTrade(before, tick)) return;
    if (timeMs < startMs) this.#note('has a trade that came late');
    candle.open ??= ltp;
    candle.high = Math.max(candle.high ?? ltp, ltp, receipt?.high ?? ltp);
    candle.low = Math.min(candle.low ?? ltp, ltp, receipt?.low ?? ltp);
    candle.close = ltp;
    candle.volume += (volume ?? 0) - (before.volume ?? 0);
    candle.trades++;
  }

  /** Ticks may be missing from now on. */
  interrupt(reason: string): void {
    if (this.#candle !== null) this.#note(`the feed is ${reason}`);
  }

  /** What is over by then is told, even if no tick follows. @param nowMs of the exchange's clock */
  closeBefore(nowMs: number): void {
    if (this.#candle === null || nowMs < this.#startMs! + this.#lengthMs) return;
    this.#tell(this.#candle);
    this.#candle = null;
  }

  /** @returns where the candle begins that the tick belongs to */
  #moveTo({ instrument, gap, receipt }: QuoteTick, timeMs: number): number {
    const lengthMs = this.#lengthMs;
    const startMs = Math.floor(timeMs / lengthMs) * lengthMs;
    const currentMs = this.#startMs ?? Number.NEGATIVE_INFINITY;
    // The time is that of the last trade, which a tick without a trade repeats.
    if (startMs <= currentMs) {
      if (this.#candle === null) {
        this.#candle = emptyCandle(instrument, currentMs);
        this.#note('goes on with a candle that was told already');
      }
      return currentMs;
    }
    if (this.#candle !== null) {
      if (gap !== null) this.#note('ends in a gap');
      if (receipt !== null) this.#note(MERGED);
      this.#tell(this.#candle);
    }
    const between = gap === null || this.#startMs === null ? 0 : (startMs - currentMs) / lengthMs - 1;
    for (let i = Math.min(between, MAX_EMPTY); i > 0; i--) {
      this.#candle = emptyCandle(instrument, startMs - i * lengthMs);
      this.#note('lies in a gap');
      this.#tell(this.#candle);
    }
    this.#startMs = startMs;
    this.#candle = emptyCandle(instrument, startMs);
    if (receipt !== null) this.#note(MERGED);
    return startMs;
  }

  #note(text: string): void {
    this.#candle!.isComplete = false;
    if (!this.#candle!.notes.includes(text)) this.#candle!.notes.push(text);
  }

  #tell(candle: Candle): void {
    if (candle.trades > 0 || !candle.isComplete) this.#onCandle(candle);
  }
}

/** The day's volume tells a trade from a change of an order. An index has none: its price has to move. */
function isTrade(before: QuoteTick, { ltp, volume }: QuoteTick): boolean {
  return volume === null || before.volume === null ? ltp !== before.ltp : volume > before.volume;
}

function emptyCandle(instrument: string, startMs: number): Candle {
  const prices = { open: null, high: null, low: null, close: null };
  const start = new Date(startMs).toISOString();
  return { instrument, start, ...prices, volume: 0, trades: 0, isComplete: true, notes: [] };
}

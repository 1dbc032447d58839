/**
 * Times in ms since 1970 as digits. Those of a day share all but the last eight: the others are kept, and only eight are
 * made anew, with integers of 32 bits.
 */
import { wholeMs } from './client-time.ts';
import { writeEightDigits, writeInt64, writeInteger } from './digit-writer.ts';

const WINDOW = 1e8;
const TWO_32 = 2 ** 32;
const NS_PER_MS = 1e6;
/** Eight digits in front are the most that one store writes. */
const FIRST_TOO_LONG = 1e16;

/** The digits in front of the last eight, ready to be stored. */
class FrontDigits {
  readonly #memory = new DataView(new ArrayBuffer(32));
  bytes = 0;
  length = 0;

  set(value: number): void {
    this.length = writeInt64(this.#memory, 0, value | 0, 0);
    this.bytes = this.#memory.getFloat64(0, true);
  }
}

/** Writes times that come as int64 of ms. Any thread, an instance for each source of times. */
export class MillisecondDigits {
  /** The times that the digits serve: of this high word, from this low word on, so many. */
  #high = -1;
  #low = 0;
  #count = 0;
  /** The last eight digits of the first of them. */
  #offset = 0;
  readonly #front = new FrontDigits();

  /** Neither allocates, but once a day, nor throws. @returns the end */
  write(view: DataView, at: number, low: number, high: number): number {
    const since = (low - this.#low) >>> 0;
    if (high !== this.#high || since >= this.#count) return this.#writeFirst(view, at, low, high);
    const { bytes, length } = this.#front;
    view.setFloat64(at, bytes, true);
    return writeEightDigits(view, (at + length) | 0, (this.#offset + since) | 0);
  }

  #writeFirst(view: DataView, at: number, low: number, high: number): number {
    const value = high * TWO_32 + (low >>> 0);
    if (value >= WINDOW && value < FIRST_TOO_LONG) {
      const front = Math.floor(value / WINDOW);
      const first = Math.max(front * WINDOW, high * TWO_32);
      this.#high = high;
      this.#low = first | 0;
      this.#count = Math.min((front + 1) * WINDOW, (high + 1) * TWO_32) - first;
      this.#offset = first - front * WINDOW;
      this.#front.set(front);
    }
    return writeInt64(view, at, low, high);
  }
}

/** Writes the whole ms of times that come as int64 of ns. Any thread, an instance for each source of times. */
export class NanosecondDigits {
  /** The high word of the times that the digits serve. */
  #high = Number.NaN;
  /** Of the first of them the last eight digits of its ms, and the ns that are left. */
  #offset = 0;
  #nsLeft = 0;
  readonly #front = new FrontDigits();

  /** Neither allocates, but every 4 seconds, nor throws. @returns the end */
  write(view: DataView, at: number, low: number, high: number): number {
    if (high === this.#high || this.#canServe(high)) {
      const last = this.#offset + ((((low >>> 0) + this.#nsLeft) / NS_PER_MS) | 0);
      // Otherwise these 4 seconds are those in which the front changes.
      if (last < WINDOW) {
        const { bytes, length } = this.#front;
        view.setFloat64(at, bytes, true);
        return writeEightDigits(view, (at + length) | 0, last | 0);
      }
    }
    return writeInteger(view, at, wholeMs(low, high));
  }

  /** Whether times of a high word have digits in front of the last eight; prepares them. */
  #canServe(high: number): boolean {
    const ms = wholeMs(0, high);
    if (ms < WINDOW) return false;
    const front = Math.floor(ms / WINDOW);
    this.#high = high;
    this.#offset = ms - front * WINDOW;
    // 2^32 ns are 4294 ms and 967296 ns.
    this.#nsLeft = (high * 967_296) % NS_PER_MS;
    this.#front.set(front);
    return true;
  }
}

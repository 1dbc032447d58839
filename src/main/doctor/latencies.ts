/** Times of a hop, in µs. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const TIMES_AT_MOST = 1 << 16;

/** Takes times down without allocating, and sums them up. Those that come when it is full are left out. */
export class Latencies {
  readonly #times = new Float64Array(TIMES_AT_MOST);
  #count = 0;

  note(us: number): void {
    if (this.#count < TIMES_AT_MOST) this.#times[this.#count++] = us;
  }

  /** Null when nothing was noted. */
  summary(): LatencySummary | null {
    const times = this.#times.subarray(0, this.#count).toSorted();
    if (times.length === 0) return null;
    const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
    return { count: times.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}

/** µs of the machine's monotonic clock, the same in every thread. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

export function describeLatency({ count, p50, p99, max }: LatencySummary): string {
  const us = (value: number) => Math.round(value).toLocaleString('en-US');
  return `${count.toLocaleString('en-US')} ticks, p50 ${us(p50)} µs, p99 ${us(p99)} µs, longest ${us(max)} µs`;
}

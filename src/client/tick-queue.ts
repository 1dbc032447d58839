/** Ticks that wait for a loop to read them: a bounded number, however slow the loop. */
import { joinGaps, type Receipt } from './notice.ts';
import type { Tick } from './tick.ts';
import { TickwireError } from './tickwire-error.ts';

/** What happens when the loop does not read: only the latest tick is kept, with a receipt; or the loop ends with an error. */
export type Overflow = 'conflate' | 'end';

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

export class TickQueue<T extends Tick> {
  readonly #limit: number;
  readonly #overflow: Overflow;
  #ticks: T[] = [];
  #waiter: Waiter<T> | null = null;
  #end: { readonly error: TickwireError | null } | null = null;

  /** @param limit ticks that may wait */
  constructor(limit: number, overflow: Overflow) {
    this.#limit = limit;
    this.#overflow = overflow;
  }

  /** @returns what waited */
  clear(): readonly T[] {
    return this.#ticks.splice(0);
  }

  push(tick: T): void {
    if (this.#end !== null) return;
    const waiter = this.#waiter;
    if (waiter !== null) {
      this.#waiter = null;
      waiter.resolve({ done: false, value: tick });
      return;
    }
    if (this.#ticks.length < this.#limit) {
      this.#ticks.push(tick);
      return;
    }
    if (this.#overflow === 'conflate') {
      this.#ticks = [mergeTicks([...this.#ticks, tick])];
      return;
    }
    const message = `${this.#limit} ticks of ${tick.instrument} wait for a loop that does not read them`;
    this.end(new TickwireError('READER_TOO_SLOW', message, tick.instrument));
  }

  /** Nobody waits any longer for the next tick; what comes then waits for the next loop. */
  leave(): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.resolve({ done: true, value: undefined });
  }

  /** What waits is still read; then the loop ends. @param error that it ends with, null: as if all were done */
  end(error: TickwireError | null): void {
    if (this.#end !== null) return;
    this.#end = { error };
    const waiter = this.#waiter;
    this.#waiter = null;
    if (waiter === null) return;
    if (error === null) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }

  /** @throws (rejects) the error that it was ended with, once */
  async next(): Promise<IteratorResult<T, undefined>> {
    const tick = this.#ticks.shift();
    if (tick !== undefined) return { done: false, value: tick };
    if (this.#end !== null) {
      const { error } = this.#end;
      this.#end = { error: null };
      if (error !== null) throw error;
      return { done: true, value: undefined };
    }
    if (this.#waiter !== null) {
      throw new TickwireError('ALREADY_READ', 'next() was called again before the tick before it came');
    }
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }
}

/** The last one, which says what it stands for. A last value counts as no trade: it may be an old one. */
function mergeTicks<T extends Tick>(ticks: readonly T[]): T {
  const last = ticks.at(-1)!;
  const traded = ticks.flatMap(({ ltp, receipt, isSnapshot }) => {
    if (isSnapshot) return [];
    return (receipt === null ? [ltp] : [receipt.low, receipt.high]).filter((price) => price !== null);
  });
  const first = ticks[0]!;
  const receipt: Receipt = {
    merged: ticks.reduce((sum, each) => sum + (each.receipt?.merged ?? 1), 0),
    firstEpoch: first.receipt?.firstEpoch ?? first.epoch,
    firstSeq: first.receipt?.firstSeq ?? first.seq,
    epoch: last.epoch,
    lastSeq: last.seq,
    low: traded.length === 0 ? null : Math.min(...traded),
    high: traded.length === 0 ? null : Math.max(...traded),
    by: 'client',
  };
  const gap = ticks.reduce<T['gap']>((sum, each) => joinGaps(sum, each.gap), null);
  return { ...last, receipt, gap };
}

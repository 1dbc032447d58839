/** How far the proxy workers of a process are with letting their clients go. Main thread. */
import type { DrainNews } from '../../workers/drain-messages.ts';

/** Over all workers. */
export interface DrainProgress {
  /** Clients that are still connected; at the end, those that had to be cut off. */
  readonly clients: number;
  /** Bytes that they have not taken. */
  readonly unsentBytes: number;
  /** Clients that were closed with nothing left to send to them. */
  readonly closed: number;
}

const NOTHING_HEARD: DrainNews = { type: 'draining', clients: 0, unsentBytes: 0, closed: 0, isDone: false };

export class ProxyDrain {
  /** By worker: what it said last. */
  readonly #news: Map<number, DrainNews>;
  readonly #onProgress: (progress: DrainProgress) => void;
  readonly #end = Promise.withResolvers<void>();

  /** @param workers numbers of those that are asked */
  constructor(workers: Iterable<number>, onProgress: (progress: DrainProgress) => void) {
    this.#news = new Map([...workers].map((worker) => [worker, NOTHING_HEARD]));
    this.#onProgress = onProgress;
    this.#settle();
  }

  /** Resolves when every worker is done, or has left. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  get progress(): DrainProgress {
    const sum = { clients: 0, unsentBytes: 0, closed: 0 };
    for (const { clients, unsentBytes, closed } of this.#news.values()) {
      sum.clients += clients;
      sum.unsentBytes += unsentBytes;
      sum.closed += closed;
    }
    return sum;
  }

  note(worker: number, news: DrainNews): void {
    if (!this.#news.has(worker)) return;
    this.#news.set(worker, news);
    this.#onProgress(this.progress);
    this.#settle();
  }

  /** A worker has left: it said last whom it had to cut off. */
  gone(worker: number): void {
    const news = this.#news.get(worker);
    if (news !== undefined && !news.isDone) this.note(worker, { ...news, isDone: true });
  }

  #settle(): void {
    if ([...this.#news.values()].every(({ isDone }) => isDone)) this.#end.resolve();
  }
}

/** The resident memory of a process while something is done to it. */
import type { ProcessUsage } from '../../bench/harness/process-usage.ts';

const LOOK_MS = 100;

/** Looks until it is told to stop. Null where the system does not tell, as elsewhere than on Linux. */
export class MemoryWatch {
  readonly #usage: () => ProcessUsage | null;
  readonly #timer: NodeJS.Timeout;
  #peakMiB: number | null = null;

  constructor(usage: () => ProcessUsage | null) {
    this.#usage = usage;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** The most that was seen, MiB. */
  stop(): number | null {
    clearInterval(this.#timer);
    this.#look();
    return this.#peakMiB;
  }

  #look(): void {
    try {
      const rssMiB = this.#usage()?.rssMiB;
      if (rssMiB !== undefined) this.#peakMiB = Math.max(this.#peakMiB ?? 0, rssMiB);
    } catch {
      // The process has ended, which the verdict finds by itself.
      clearInterval(this.#timer);
    }
  }
}

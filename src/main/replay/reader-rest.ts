import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { sleepingReaders } from '../../workers/ring/doorbell.ts';

/** Looks so often without a pause, which is what a drained ring takes; a timer is slower. */
const QUICK_LOOKS = 20;
/** The bus reads only while it has subscribers. After so long awake it is taken for one that has none. */
const BUS = 1;
const BUS_PATIENCE_MS = 100;

/** Waits for the readers of the rings. A reader sleeps when it has seen everything, whatever its strategy but `spin`. */
export class ReaderRest {
  readonly #doorbells: SharedArrayBuffer;
  #isBusReading = false;

  constructor(doorbells: SharedArrayBuffer) {
    this.#doorbells = doorbells;
  }

  /**
   * Resolves when all that was written before the call has been seen by every reader that reads.
   * @throws the signal's reason once it is aborted: readers that have ended are never asleep
   */
  async untilDrained(signal: AbortSignal): Promise<void> {
    const from = performance.now();
    for (let looks = 0; ; looks++) {
      const { asleep, readers } = sleepingReaders(this.#doorbells);
      if ((asleep & BUS) !== 0) this.#isBusReading = true;
      else if (performance.now() - from > BUS_PATIENCE_MS) this.#isBusReading = false;
      const awaited = (2 ** readers - 1) & (this.#isBusReading ? -1 : ~BUS);
      if ((asleep & awaited) === awaited) return;
      signal.throwIfAborted();
      if (looks < QUICK_LOOKS) await nextTurn();
      else await sleep(1);
    }
  }
}

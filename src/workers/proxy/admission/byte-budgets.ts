/**
 * What all clients of the process may leave lying together: bytes that they have not read, and bytes of requests that wait
 * for earlier ones. Proxy worker thread.
 */
import type { AdmissionTask, ClientLimits } from '../../admission-messages.ts';
import { USAGE, UsageTable } from '../../usage-table.ts';

const KIB = 1024;

/** So much a client may leave waiting whatever others do: no flood of theirs costs it a ping or a small subscription. */
export const SURE_INBOUND_BYTES = 4 * KIB;
/** Of the limit: what clients that have not shown a key may take. The rest is for those who have. */
const KEYLESS_PART = 0.5;

/** A client with bytes that it has not read. */
export interface Backlogged {
  readonly socket: { getBufferedAmount(): number };
}

export class InboundBudget {
  readonly #limits: Pick<ClientLimits, 'maxInboundBytes'>;
  readonly #usage: UsageTable;
  readonly #row: number;
  #bytes = 0;

  constructor({ limits, usage, row, workers }: AdmissionTask) {
    this.#limits = limits;
    this.#usage = new UsageTable(usage, workers);
    this.#row = row;
  }

  /**
   * Whether a client may leave one more request waiting.
   * @param bytes of all its requests that would wait then
   * @param hasKey it has shown a good key
   */
  hasRoom(bytes: number, hasKey: boolean): boolean {
    const limitKib = this.#limits.maxInboundBytes / KIB;
    if (limitKib === 0 || bytes <= SURE_INBOUND_BYTES) return true;
    return this.#usage.sum(USAGE.INBOUND_KIB) < limitKib * (hasKey ? 1 : KEYLESS_PART);
  }

  /** So many bytes more wait, or fewer when it is negative. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#usage.set(this.#row, USAGE.INBOUND_KIB, Math.ceil(this.#bytes / KIB));
  }
}

/** Of the limit: what clients that were told to close, and do not read that, may still hold. */
const LINGER_PART = 0.25;

export class OutboundBudget {
  readonly #limits: Pick<ClientLimits, 'maxOutboundBytes'>;
  readonly #workers: number;
  readonly #lingerMs: number;
  readonly #usage: UsageTable;
  readonly #row: number;
  /** What was left when connections ended; the library frees it when it is read, at the latest at that time. */
  readonly #lingering: { readonly bytes: number; readonly untilMs: number }[] = [];
  #lingeringBytes = 0;

  /** @param lingerMs the library gives a connection up that was told to close and does not read so long */
  constructor({ limits, usage, row, workers }: AdmissionTask, lingerMs: number) {
    this.#limits = limits;
    this.#workers = workers;
    this.#lingerMs = lingerMs;
    this.#usage = new UsageTable(usage, workers);
    this.#row = row;
  }

  /**
   * Whether a connection with so much unsent may be told why it ends, which keeps those bytes until it reads them. If not
   * it must be cut off without a word.
   */
  mayLinger(bytes: number, nowMs: number): boolean {
    const { maxOutboundBytes } = this.#limits;
    if (bytes === 0 || maxOutboundBytes === 0) return true;
    while (this.#lingering.length > 0 && this.#lingering[0]!.untilMs <= nowMs) {
      this.#lingeringBytes -= this.#lingering.shift()!.bytes;
    }
    if (this.#lingeringBytes + bytes > (maxOutboundBytes * LINGER_PART) / this.#workers) return false;
    this.#lingering.push({ bytes, untilMs: nowMs + this.#lingerMs });
    this.#lingeringBytes += bytes;
    return true;
  }

  /**
   * To be told in each round what all clients of this worker have not read.
   * @returns how many bytes of them must go, this worker's share of what is too much; 0 as a rule
   */
  excess(bytes: number): number {
    this.#usage.set(this.#row, USAGE.OUTBOUND_KIB, Math.ceil(bytes / KIB));
    const limitKib = this.#limits.maxOutboundBytes / KIB;
    if (limitKib === 0) return 0;
    const sum = this.#usage.sum(USAGE.OUTBOUND_KIB);
    return sum <= limitKib ? 0 : Math.ceil(((sum - limitKib) / sum) * bytes);
  }

  /** Those furthest behind, as many as hold so many bytes together. */
  furthestBehind<T extends Backlogged>(clients: Iterable<T>, bytes: number): T[] {
    const backlogs = Array.from(clients, (client) => ({
      client,
      backlog: client.socket.getBufferedAmount(),
    }));
    const chosen: T[] = [];
    let left = bytes;
    for (const { client, backlog } of backlogs.sort((a, b) => b.backlog - a.backlog)) {
      if (left <= 0 || backlog === 0) break;
      chosen.push(client);
      left -= backlog;
    }
    return chosen;
  }
}

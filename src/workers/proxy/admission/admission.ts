/**
 * The proxy worker's side of admission: decides about each connection at once, by what it knows, tells main of it, and asks
 * main about each key. (An upgrade in a later turn is one that the socket library does not always survive: it may go on with
 * the socket as if it were HTTP still.) Proxy worker thread, at the pace of clients that come and go.
 */
import type {
  AdmissionRefusal,
  AdmissionTask,
  FromAdmission,
  ToAdmission,
} from '../../admission-messages.ts';
import { USAGE, UsageTable } from '../../usage-table.ts';

/** A connection as it is counted. */
export interface Connection {
  /** The worker's number of it. */
  readonly id: number;
  /** See `ClientAddresses.counted`. */
  readonly address: string | null;
}

/** What the main thread said of a key on a connection. */
export type KeyAdmission =
  | { readonly isRefused: false; readonly place: number }
  | { readonly isRefused: true };

/** Addresses that are blocked may be so many before those whose time is over are looked for. */
const SWEEP_AT = 1000;

export interface AdmissionOptions {
  readonly task: AdmissionTask;
  readonly post: (message: FromAdmission) => void;
  /** A connection that was let in has to go: its address has no room. */
  readonly onRefused: (connection: number) => void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #usage: UsageTable;
  readonly #keys = new Map<number, (admission: KeyAdmission) => void>();
  readonly #full: Set<string>;
  /** Until when, in ms of performance.now(). */
  readonly #blocked = new Map<string, number>();
  /** What main is told at the end of the turn of the event loop: addresses by connection, and connections. */
  readonly #opened = new Map<number, string>();
  #gone: number[] = [];
  #tell: NodeJS.Immediate | undefined;
  #nextId = 1;
  /** What was refused, by what had no room. */
  readonly refused = { connections: 0, address: 0, key: 0, attempts: 0 };

  constructor(options: AdmissionOptions) {
    const { usage, workers, fullAddresses } = options.task;
    this.#options = options;
    this.#usage = new UsageTable(usage, workers);
    this.#full = new Set(fullAddresses);
  }

  /**
   * Counts a connection in, if there is room.
   * @param address see `ClientAddresses.counted`
   * @returns the connection, which is to be given back with `leave`; or what there is no room in
   */
  enter(address: string | null): Connection | AdmissionRefusal {
    const { row, limits } = this.#options.task;
    if (this.#usage.claim(row, USAGE.CONNECTIONS, 1, limits.maxConnections) === 0) {
      this.refused.connections++;
      return 'connections';
    }
    if (address !== null && this.#full.has(address)) {
      this.#usage.add(row, USAGE.CONNECTIONS, -1);
      this.refused.address++;
      return 'address';
    }
    const id = this.#nextId++;
    if (address !== null) {
      this.#opened.set(id, address);
      this.#tell ??= setImmediate(this.#tellMain);
    }
    return { id, address };
  }

  leave({ id }: Connection): void {
    this.#usage.add(this.#options.task.row, USAGE.CONNECTIONS, -1);
    // Main need not hear of one that came and went within a turn.
    if (!this.#opened.delete(id)) this.#gone.push(id);
    this.#tell ??= setImmediate(this.#tellMain);
  }

  /** One message for all: each by itself wakes the main thread, and takes longer than everything else of a connection. */
  readonly #tellMain = (): void => {
    clearImmediate(this.#tell);
    this.#tell = undefined;
    if (this.#opened.size === 0 && this.#gone.length === 0) return;
    const opened = Array.from(this.#opened, ([connection, address]) => ({ connection, address }));
    const gone = this.#gone;
    this.#opened.clear();
    this.#gone = [];
    this.#options.post({ type: 'connectionsChanged', opened, gone });
  };

  /**
   * Counts a connection under the key that it has from now on. One question of a connection at a time.
   * @param maxConnections of the key, in place of the configured limit; null for that one
   */
  useKey({ id }: Connection, key: string, maxConnections: number | null): Promise<KeyAdmission> {
    return new Promise((resolve) => {
      this.#keys.set(id, resolve);
      // Main counts it under its address before.
      this.#tellMain();
      this.#options.post({ type: 'admitKey', connection: id, key, maxConnections });
    });
  }

  /** For how many ms no key of this address is looked at; 0: its keys are. */
  blockedMs({ address }: Connection): number {
    const until = address === null ? undefined : this.#blocked.get(address);
    return until === undefined ? 0 : Math.max(0, Math.ceil(until - performance.now()));
  }

  onWrongKey({ address }: Connection): void {
    if (address !== null) this.#options.post({ type: 'wrongKey', address });
  }

  /** @returns false for a message that is not about admission */
  handle(message: ToAdmission | { readonly type: string }): message is ToAdmission {
    if (!isAdmission(message)) return false;
    switch (message.type) {
      case 'connectionRefused':
        this.refused.address++;
        this.#options.onRefused(message.connection);
        break;
      case 'addressFull':
        if (message.isFull) this.#full.add(message.address);
        else this.#full.delete(message.address);
        break;
      case 'keyAdmitted': {
        const { connection, isRefused, place } = message;
        const answer = this.#keys.get(connection);
        this.#keys.delete(connection);
        if (isRefused) this.refused.key++;
        answer?.(isRefused ? { isRefused } : { isRefused, place });
        break;
      }
      case 'addressBlocked':
        this.#block(message.address, message.forMs);
        break;
    }
    return true;
  }

  #block(address: string, forMs: number): void {
    const now = performance.now();
    if (this.#blocked.size >= SWEEP_AT) {
      for (const [known, until] of this.#blocked) if (until <= now) this.#blocked.delete(known);
    }
    this.#blocked.set(address, now + forMs);
  }
}

const TYPES = ['connectionRefused', 'addressFull', 'keyAdmitted', 'addressBlocked'];

function isAdmission(message: { readonly type: string }): message is ToAdmission {
  return TYPES.includes(message.type);
}

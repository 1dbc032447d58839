/**
 * Who may connect: counts the connections of all proxy workers of this process by address and by key, and the wrong keys of
 * each address. (In total they are counted in the usage table.) What a worker held that is gone is free again. Main thread.
 */
import type { Logger } from 'pino';
import type {
  AdmissionTask,
  ClientLimits,
  FromAdmission,
  ToAdmission,
} from '../../workers/admission-messages.ts';
import { NO_PLACE, UsageTable } from '../../workers/usage-table.ts';
import { KeyPlaces } from './key-places.ts';
import { WrongKeys } from './wrong-keys.ts';

/** Keys that can be told apart at least, whatever the limit of connections is, which may be raised later. */
const MAX_KEYS = 65_536;
/** How often the log says of one limit that it was met. */
const REPORT_MS = 10_000;

interface Connection {
  address: string | null;
  key: string | null;
}

export interface AdmissionDeskOptions {
  readonly limits: ClientLimits;
  /** Proxy workers, numbered from 0. */
  readonly workers: number;
  /** Tells every proxy worker. */
  readonly post: (message: ToAdmission) => void;
  readonly log: Pick<Logger, 'warn'>;
  /** ms; by default those of a clock that never goes back. */
  readonly now?: () => number;
}

/** Whether one more would pass a limit, of which 0 is none. */
function isFull(count: number, limit: number): boolean {
  return limit > 0 && count >= limit;
}

function count(counts: Map<string, number>, name: string, change: number): number {
  const next = (counts.get(name) ?? 0) + change;
  if (next > 0) counts.set(name, next);
  else counts.delete(name);
  return next;
}

export class AdmissionDesk {
  readonly #options: AdmissionDeskOptions;
  #limits: ClientLimits;
  readonly #connections: readonly Map<number, Connection>[];
  readonly #byAddress = new Map<string, number>();
  readonly #byKey = new Map<string, number>();
  readonly #places: KeyPlaces;
  readonly #wrongKeys: WrongKeys;
  readonly #memory: SharedArrayBuffer;
  readonly #usage: UsageTable;
  readonly #reportedMs = new Map<string, number>();

  constructor(options: AdmissionDeskOptions) {
    const { limits, workers } = options;
    this.#options = options;
    this.#limits = limits;
    this.#connections = Array.from({ length: workers }, () => new Map());
    const keys = Math.max(limits.maxConnections, MAX_KEYS);
    this.#places = new KeyPlaces(keys);
    this.#wrongKeys = new WrongKeys(limits.authAttempts, limits.authWindowMs);
    this.#memory = UsageTable.create(workers, keys);
    this.#usage = new UsageTable(this.#memory, workers);
  }

  /** What a worker is started with. */
  task(worker: number): AdmissionTask {
    const { workers } = this.#options;
    const fullAddresses = [...this.#byAddress.keys()].filter((address) => this.#isFull(address));
    return { limits: this.#limits, usage: this.#memory, row: worker, workers, fullAddresses };
  }

  /** Other limits from now on, for those who come; tells the workers which addresses are full by them. */
  setLimits(limits: ClientLimits): void {
    const wasFull = new Set([...this.#byAddress.keys()].filter((address) => this.#isFull(address)));
    this.#limits = limits;
    this.#wrongKeys.setLimits(limits.authAttempts, limits.authWindowMs);
    for (const address of this.#byAddress.keys()) {
      const isFull = this.#isFull(address);
      if (isFull !== wasFull.has(address)) this.#options.post({ type: 'addressFull', address, isFull });
    }
  }

  /** @param reply reaches the worker that asked */
  onMessage(worker: number, message: FromAdmission, reply: (answer: ToAdmission) => void): void {
    switch (message.type) {
      case 'connectionsChanged':
        for (const connection of message.gone) this.#release(worker, connection);
        for (const { connection, address } of message.opened)
          if (!this.#open(worker, connection, address)) reply({ type: 'connectionRefused', connection });
        break;
      case 'admitKey': {
        const { connection, key, maxConnections } = message;
        const isRefused = !this.#admitKey(worker, connection, key, maxConnections);
        const place = isRefused ? NO_PLACE : this.#places.of(key);
        reply({ type: 'keyAdmitted', connection, isRefused, place });
        break;
      }
      case 'wrongKey':
        this.#onWrongKey(message.address);
        break;
    }
  }

  /** Its connections are gone with it. */
  onWorkerGone(worker: number): void {
    for (const connection of [...this.#connections[worker]!.keys()]) this.#release(worker, connection);
    this.#usage.clear(worker);
  }

  /** @returns false when its address has no room */
  #open(worker: number, id: number, address: string): boolean {
    if (this.#isFull(address)) return false;
    this.#connectionOf(worker, id).address = address;
    count(this.#byAddress, address, 1);
    if (this.#isFull(address)) {
      const limit = this.#limits.maxConnectionsPerAddress;
      this.#report('address', { address, limit }, 'an address has no room for further clients');
      this.#options.post({ type: 'addressFull', address, isFull: true });
    }
    return true;
  }

  #isFull(address: string): boolean {
    return isFull(this.#byAddress.get(address) ?? 0, this.#limits.maxConnectionsPerAddress);
  }

  /** Made when something of it is counted. */
  #connectionOf(worker: number, id: number): Connection {
    const connections = this.#connections[worker]!;
    const connection = connections.get(id) ?? { address: null, key: null };
    connections.set(id, connection);
    return connection;
  }

  /** @returns false when the key has no room */
  #admitKey(worker: number, id: number, key: string, own: number | null): boolean {
    const connection = this.#connectionOf(worker, id);
    if (connection.key === key) return true;
    const limit = own ?? this.#limits.maxConnectionsPerKey;
    if (isFull(this.#byKey.get(key) ?? 0, limit)) {
      this.#report('key', { key, limit }, 'a key has no room for further clients');
      return false;
    }
    if (connection.key !== null) this.#releaseKey(connection.key);
    connection.key = key;
    count(this.#byKey, key, 1);
    return true;
  }

  #release(worker: number, id: number): void {
    const connection = this.#connections[worker]!.get(id);
    if (connection === undefined) return;
    this.#connections[worker]!.delete(id);
    if (connection.address !== null) this.#releaseAddress(connection.address);
    if (connection.key !== null) this.#releaseKey(connection.key);
  }

  #releaseAddress(address: string): void {
    const wasFull = this.#isFull(address);
    count(this.#byAddress, address, -1);
    if (wasFull) this.#options.post({ type: 'addressFull', address, isFull: false });
  }

  #releaseKey(key: string): void {
    if (count(this.#byKey, key, -1) <= 0) this.#places.free(key);
  }

  #onWrongKey(address: string): void {
    const { post, now = () => performance.now() } = this.#options;
    const forMs = this.#wrongKeys.note(address, now());
    if (forMs <= 0) return;
    const attempts = this.#limits.authAttempts;
    this.#report('attempts', { address, attempts, forMs }, 'an address has tried too many wrong API keys');
    post({ type: 'addressBlocked', address, forMs });
  }

  /** Once in a while: an attack must not fill the log. */
  #report(limit: string, fields: object, text: string): void {
    const { log, now = () => performance.now() } = this.#options;
    const at = now();
    if (at - (this.#reportedMs.get(limit) ?? Number.NEGATIVE_INFINITY) < REPORT_MS) return;
    this.#reportedMs.set(limit, at);
    log.warn(fields, text);
  }
}

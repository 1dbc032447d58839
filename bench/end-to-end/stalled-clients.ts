/**
 * Clients that subscribe and then read nothing, in a process of their own. Afterwards they read all that was kept for
 * them, which tells what became of them: a client that does not read does not learn that it was given up.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { serveParent } from '../harness/child-program.ts';
import { AskingClient } from './asking-client.ts';

export interface StalledOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clients: number;
  readonly symbols: readonly string[];
}

export interface StalledOutcome {
  /** Why its connection had been ended; null while it lives. */
  readonly end: string | null;
  /** From the first tick that was kept for it to the last one, s. */
  readonly servedSeconds: number;
  /** Of ticks that the engine and the system had kept for it. */
  readonly keptBytes: number;
  readonly keptTicks: number;
}

/** A client to which nothing comes for so long has read everything. */
const QUIET_MS = 200;

class StalledClient {
  readonly #client: AskingClient;
  #end: string | null = null;
  #firstUs = 0;
  #lastUs = 0;
  #bytes = 0;
  ticks = 0;

  constructor(url: string) {
    this.#client = new AskingClient(url, {
      tick: (_, intendedUs, bytes) => {
        if (this.ticks === 0) this.#firstUs = intendedUs;
        this.#lastUs = intendedUs;
        this.#bytes += bytes;
        this.ticks++;
      },
      lost: (reason) => {
        this.#end = reason;
      },
    });
  }

  async stall({ apiKey, symbols }: StalledOptions): Promise<void> {
    await this.#client.open();
    await this.#client.authenticate(apiKey);
    await this.#client.subscribe(symbols);
    this.#client.pause();
  }

  resume(): void {
    this.#client.resume();
  }

  get outcome(): StalledOutcome {
    return {
      end: this.#end,
      servedSeconds: (this.#lastUs - this.#firstUs) / 1e6,
      keptBytes: this.#bytes,
      keptTicks: this.ticks,
    };
  }

  close(): void {
    this.#client.close();
  }
}

let clients: readonly StalledClient[] = [];

async function stall(options: StalledOptions): Promise<void> {
  clients = Array.from({ length: options.clients }, () => new StalledClient(options.url));
  await Promise.all(clients.map((client) => client.stall(options)));
}

/** Reads everything, and disconnects. No ticks may flow meanwhile. */
async function readAndLeave(): Promise<readonly StalledOutcome[]> {
  for (const client of clients) client.resume();
  const ticks = () => clients.reduce((sum, client) => sum + client.ticks, 0);
  for (let before = -1; before !== ticks(); ) {
    before = ticks();
    await delay(QUIET_MS);
  }
  const outcomes = clients.map(({ outcome }) => outcome);
  for (const client of clients) client.close();
  clients = [];
  return outcomes;
}

const handlers = { stall, readAndLeave: (_: null) => readAndLeave() };
export type StalledClients = typeof handlers;
serveParent(handlers);

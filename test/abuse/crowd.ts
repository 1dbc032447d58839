/** The attackers of one attack, from their beginning to their end: who they attack, where they come from, how long. */
import { once, setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { HostileSocket } from './hostile-socket.ts';
import { Tally } from './tally.ts';

export interface Target {
  /** ws or wss. */
  readonly url: string;
  /** A good key: an attacker may be a customer. */
  readonly apiKey: string;
  readonly exchange: string;
  readonly symbols: readonly string[];
  /** Of the process under attack: `tls` is what a listener with TLS gets. */
  readonly isTls: boolean;
}

/** Where attackers come from: limits by address are to be met as they would be by several machines. */
const ADDRESSES = 8;
const FIRST_ADDRESS = 2;

/** Linux has all of 127/8 at its loopback; elsewhere there is one address. */
function addressOf(place: number): string | undefined {
  return process.platform === 'linux' ? `127.0.0.${FIRST_ADDRESS + (place % ADDRESSES)}` : undefined;
}

export class Crowd {
  readonly target: Target;
  readonly tally = new Tally();
  readonly #url: URL;
  readonly #sockets = new Set<HostileSocket>();
  readonly #over = new AbortController();
  /** Resolves when the attack is over. */
  readonly over: Promise<unknown>;

  constructor(target: Target) {
    this.target = target;
    setMaxListeners(0, this.#over.signal);
    this.over = once(this.#over.signal, 'abort');
    this.#url = new URL(target.url);
  }

  /** The attack's time is up, or nobody wants it any more. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /**
   * A new connection of the attacker at a place.
   *
   * @param query of the URL, with `?`
   */
  connect(place = 0, { headers = '', isRaw = false, query = '' } = {}): HostileSocket {
    const url = new URL(query, this.#url);
    const socket = new HostileSocket({ url, localAddress: addressOf(place), headers, isRaw }, this.tally);
    this.#sockets.add(socket);
    void socket.closed.then(() => this.#sockets.delete(socket));
    return socket;
  }

  /** The same, as far as a good key and, for who wants ticks, a subscription. Null when it did not come so far. */
  async join(place: number, symbols: readonly string[] = [], mode = 2): Promise<HostileSocket | null> {
    const socket = this.connect(place);
    if (!(await socket.opened)) return null;
    const { apiKey, exchange } = this.target;
    const answer = await socket.ask({ action: 'authenticate', api_key: apiKey });
    if (answer?.status !== 'success') {
      socket.leave();
      return null;
    }
    if (symbols.length > 0) {
      const wanted = symbols.map((symbol) => ({ symbol, exchange }));
      await socket.ask({ action: 'subscribe', symbols: wanted, mode });
    }
    return socket;
  }

  /** Waits, at most until the attack is over. */
  async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#over.signal }).catch(() => undefined);
  }

  /** Does something so often per second, by the clock, until the attack is over; nothing waits for what it does. */
  async atRate(perSecond: number, act: (turn: number) => void): Promise<void> {
    const from = performance.now();
    for (let turn = 0; !this.isOver; turn++) {
      const dueIn = from + (turn * 1000) / perSecond - performance.now();
      if (dueIn > 1) await this.pause(dueIn);
      else if (turn % 50 === 0) await this.pause(0);
      if (!this.isOver) act(turn);
    }
  }

  /** As many attackers at a time, each of which begins anew when it has come to its end. */
  async keep(count: number, attacker: (place: number) => Promise<unknown>): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, async (_, place) => {
        while (!this.isOver) {
          await attacker(place);
          // One that was refused at once does not become a flood that was never asked for.
          await this.pause(20);
        }
      }),
    );
  }

  /** Waits until a connection ends or the attack does. */
  async untilEnd(socket: HostileSocket): Promise<void> {
    await Promise.race([socket.closed, this.over]);
  }

  /** Nothing is done from now on. */
  stop(): void {
    this.#over.abort();
  }

  /** Everybody goes at once. */
  leave(): void {
    for (const socket of this.#sockets) socket.leave();
  }

  /** Everybody reads again what was kept for them. */
  readAll(): void {
    for (const socket of this.#sockets) socket.resume();
  }
}

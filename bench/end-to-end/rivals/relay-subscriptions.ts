/**
 * The clients of a rival and what they want. Rivals speak the part of the OpenAlgo protocol that the measuring clients
 * speak, take every key, and know quotes as JSON alone.
 */
import { benchIndex } from '../bench-instruments.ts';
import type { RelayUpstream } from './relay-upstream.ts';

/** A request of the measuring clients. */
interface Request {
  readonly action?: unknown;
  readonly framing?: unknown;
  readonly mode?: unknown;
  readonly symbols?: readonly { readonly symbol: string }[];
}

const QUOTE = 2;

export class RelaySubscriptions<Client> {
  readonly #upstream: Pick<RelayUpstream, 'subscribe' | 'unsubscribe'>;
  /** Instruments by their place among all. */
  readonly #wishes = new Map<Client, Set<number>>();
  readonly #clientsOf = new Map<number, number>();
  #allWantTheSame = true;

  constructor(upstream: Pick<RelayUpstream, 'subscribe' | 'unsubscribe'>) {
    this.#upstream = upstream;
  }

  /** Whether each client wants whatever is subscribed. */
  get allWantTheSame(): boolean {
    return this.#allWantTheSame;
  }

  /**
   * Does what a client asks for.
   *
   * @param subscribed called for each instrument that is new to the client
   * @returns the text of the answer
   */
  answer(client: Client, text: string, subscribed: (index: number) => void): string {
    const { action, framing = 'json', mode, symbols = [] }: Request = JSON.parse(text);
    if (action === 'authenticate' && framing === 'json') return '{"type": "auth", "status": "success"}';
    if (action !== 'subscribe' || mode !== QUOTE) {
      return '{"type": "error", "status": "error", "message": "a rival has quotes as JSON and nothing else"}';
    }
    const own = this.#wishes.get(client) ?? new Set();
    this.#wishes.set(client, own);
    const added: number[] = [];
    for (const index of symbols.map(({ symbol }) => benchIndex(symbol))) {
      if (own.has(index)) continue;
      own.add(index);
      subscribed(index);
      const count = this.#clientsOf.get(index) ?? 0;
      this.#clientsOf.set(index, count + 1);
      if (count === 0) added.push(index);
    }
    this.#upstream.subscribe(added);
    this.#compare();
    return '{"type": "subscribe", "status": "success"}';
  }

  /** A client is gone, and with it what nobody else wants. */
  close(client: Client): void {
    const own = this.#wishes.get(client) ?? new Set();
    this.#wishes.delete(client);
    const unwanted: number[] = [];
    for (const index of own) {
      const count = this.#clientsOf.get(index)! - 1;
      if (count > 0) this.#clientsOf.set(index, count);
      else if (this.#clientsOf.delete(index)) unwanted.push(index);
    }
    this.#upstream.unsubscribe(unwanted);
    this.#compare();
  }

  #compare(): void {
    this.#allWantTheSame = [...this.#wishes.values()].every(({ size }) => size === this.#clientsOf.size);
  }
}

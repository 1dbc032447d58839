/**
 * What a client saw of each instrument, whatever its framing, dialect and features, checked message by message: no tick
 * twice, none older behind a newer one, and with sequence numbers none missing that no gap message announces.
 */
import assert from 'node:assert/strict';
import type { Message, TestClient } from './test-client.ts';

/** What came of one instrument. */
export interface Seen {
  ticks: number;
  epoch: number;
  seq: number;
  /** When the exchange made the latest tick, and when the feed host received it; ms since 1970. */
  exchangeTime: number;
  receiveTime: number;
  volume: number;
  /** Its gap messages. */
  readonly gaps: Message[];
  /** The one that announces the next tick. */
  announced: Message | null;
}

export class TickLedger {
  readonly client: TestClient;
  readonly #name: string;
  readonly #seen = new Map<string, Seen>();
  /** All gap messages, in their order. */
  readonly gaps: Message[] = [];
  /** All other messages, in their order. */
  readonly others: Message[] = [];

  /** @param name is in the messages of failed checks */
  constructor(client: TestClient, name: string) {
    this.client = client;
    this.#name = name;
  }

  /** Takes in what has come since the last call. Throws an AssertionError for what may not be. */
  read(): void {
    for (const { message } of this.client.received.splice(0)) {
      if (message.type === 'market_data') this.#tick(message);
      else if (message.type === 'gap') this.#gap(message);
      else this.others.push(message);
    }
  }

  of(symbol: string): Readonly<Seen> | undefined {
    return this.#seen.get(symbol);
  }

  get ticks(): number {
    return [...this.#seen.values()].reduce((sum, { ticks }) => sum + ticks, 0);
  }

  #gap(message: Message): void {
    const seen = this.#seen.get(String(message.symbol));
    const what = `${this.#name}: ${JSON.stringify(message)}`;
    assert.ok(seen !== undefined, `${what} of an instrument that had no tick`);
    assert.equal(seen.announced, null, `${what} behind another one`);
    assert.deepEqual([message.last_epoch, message.last_seq], [seen.epoch, seen.seq], what);
    seen.gaps.push(message);
    this.gaps.push(message);
    seen.announced = message;
  }

  #tick(message: Message): void {
    const data = message.data!;
    const symbol = String(data.symbol);
    const seen = this.#entry(symbol);
    const what = `${this.#name}: ${symbol} had ${JSON.stringify(seen)}, and then ${JSON.stringify(message)}`;
    if (message.seq !== undefined) this.#follow(seen, Number(message.epoch), Number(message.seq), what);
    const receiveTime =
      typeof data.timestamp === 'string' ? Date.parse(data.timestamp) : Number(data.timestamp);
    const exchangeTime = Number(data.ltt ?? seen.exchangeTime);
    // A tick in LTP has none.
    const volume = Number(data.volume ?? seen.volume);
    assert.ok(exchangeTime >= seen.exchangeTime && volume >= seen.volume, `${what}, which is older`);
    Object.assign(seen, { exchangeTime, receiveTime, volume, announced: null });
    seen.ticks++;
  }

  #follow(seen: Seen, epoch: number, seq: number, what: string): void {
    const { announced } = seen;
    if (seen.ticks > 0 && announced === null) {
      assert.deepEqual([epoch, seq], [seen.epoch, seen.seq + 1], what);
    } else if (announced !== null) {
      assert.deepEqual([announced.epoch, announced.next_seq], [epoch, seq], what);
      if (epoch === seen.epoch) assert.ok(seq > seen.seq, what);
      else assert.ok(epoch > seen.epoch && announced.reason === 'restart', what);
      if (announced.reason === 'lost') assert.equal(announced.missed, seq - seen.seq - 1, what);
    }
    seen.epoch = epoch;
    seen.seq = seq;
  }

  #entry(symbol: string): Seen {
    let seen = this.#seen.get(symbol);
    if (seen === undefined) {
      seen = {
        ticks: 0,
        epoch: 0,
        seq: 0,
        exchangeTime: 0,
        receiveTime: 0,
        volume: 0,
        gaps: [],
        announced: null,
      };
      this.#seen.set(symbol, seen);
    }
    return seen;
  }
}

/**
 * Main's side of moves and the writing sides of three workers, with every message between them in a queue, so that a test
 * decides what arrives when, and what is lost with a worker that dies.
 */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { FLAG, type Instrument, MODE } from '../../src/codec/tick.ts';
import { AbandonedSlots } from '../../src/main/brokers/abandoned-slots.ts';
import { PoolLedger } from '../../src/main/brokers/pool-ledger.ts';
import { type MovableFeed, TokenMoves } from '../../src/main/brokers/token-moves.ts';
import type { UpstreamChange } from '../../src/main/subscriptions/subscription-registry.ts';
import { OWNERSHIP } from '../../src/workers/feed/instrument-feed.ts';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { type Connection, ExchangeScene, type SeenTick } from './exchange-scene.ts';
import { RELIANCE } from './sample-tick.ts';

const QUOTA = { maxConnections: 3, maxPairs: 100, maxDeepPairs: 10 };
export const INSTRUMENTS: readonly Instrument[] = [0, 1].map((slot) => ({
  ...RELIANCE,
  slot,
  token: `${slot}`,
}));

type Message =
  | { readonly type: 'apply'; readonly changes: readonly UpstreamChange[]; readonly epoch: number }
  | { readonly type: 'handOver'; readonly slots: readonly number[]; readonly to: number }
  | { readonly type: 'take'; readonly slots: readonly number[] };

/** A connection and its worker. */
export class ScenicFeed implements MovableFeed {
  readonly feed: number;
  readonly #scene: MovingScene;
  readonly #abandoned: AbandonedSlots;
  readonly #wished = new Map<number, UpstreamChange>();
  /** The worker's state by slot; null while no worker runs. */
  #worker: Map<number, Connection> | null = new Map();
  readonly #toWorker: Message[] = [];
  readonly #toMain: (() => void)[] = [];
  isLive = true;

  constructor(scene: MovingScene, feed: number) {
    this.#scene = scene;
    const { owners, lastValues } = scene.exchange;
    this.#abandoned = new AbandonedSlots(feed, owners, new LastValueTable(lastValues));
    this.feed = feed;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  get ringPosition(): number {
    return this.#scene.exchange.ringPosition(this.feed);
  }

  get wished(): readonly number[] {
    return [...this.#wished.keys()];
  }

  apply(changes: readonly UpstreamChange[]): void {
    for (const change of changes) {
      if (change.mode === 0) this.#wished.delete(change.instrument.slot);
      else this.#wished.set(change.instrument.slot, change);
    }
    const ended = changes.filter(({ mode }) => mode === 0).map(({ instrument }) => instrument.slot);
    if (this.#worker === null) this.#abandoned.free(ended);
    this.#post({ type: 'apply', changes, epoch: this.#scene.exchange.nextEpoch() });
  }

  handOver(slots: readonly number[], to: number): void {
    this.#post({ type: 'handOver', slots, to });
  }

  take(slots: readonly number[]): void {
    if (this.#worker !== null) this.#post({ type: 'take', slots });
    else this.#abandoned.free(slots.filter((slot) => !this.#wished.has(slot)));
  }

  /** The worker reads one message. */
  work(): boolean {
    const message = this.#worker === null ? undefined : this.#toWorker.shift();
    if (message === undefined) return false;
    if (message.type === 'apply') for (const change of message.changes) this.#carry(change, message.epoch);
    else if (message.type === 'take') this.#anyWriter()?.take(message.slots);
    else {
      this.#anyWriter()?.handOver(message.slots, message.to);
      const { slots } = message;
      this.#toMain.push(() => this.#scene.moves.onHandedOver(this.feed, slots));
    }
    return true;
  }

  /** Main reads one message of the worker. */
  report(): boolean {
    const message = this.#toMain.shift();
    message?.();
    return message !== undefined;
  }

  tick(): void {
    if (this.isLive) for (const slot of this.#worker?.keys() ?? []) this.#deliver(slot);
  }

  drop(): void {
    if (!this.isLive) return;
    this.isLive = false;
    for (const { feed, writer } of this.#worker?.values() ?? []) {
      feed.gapBefore = feed.seq > 0;
      writer.forget(feed);
    }
    this.#scene.moves.onState(this);
  }

  connect(): void {
    if (this.isLive || this.#worker === null) return;
    this.isLive = true;
    this.tick();
    this.#scene.moves.onState(this);
  }

  kill(): void {
    if (this.#worker === null) return;
    this.#worker = null;
    this.#toWorker.length = 0;
    this.#toMain.length = 0;
    this.isLive = false;
    this.#abandoned.clean((slot) => this.#wished.has(slot));
    this.#scene.moves.onGone(this);
    this.#scene.moves.onState(this);
  }

  restart(): void {
    if (this.#worker !== null) return;
    this.#worker = new Map();
    this.isLive = true;
    this.#scene.exchange.restart(this.feed);
    const epoch = this.#scene.exchange.nextEpoch();
    for (const change of this.#wished.values()) this.#carry(change, epoch);
    this.#scene.moves.onState(this);
  }

  #post(message: Message): void {
    if (this.#worker !== null) this.#toWorker.push(message);
  }

  /** All instruments of a worker share its writer. */
  #anyWriter() {
    return this.#scene.exchange.writerOf(this.feed);
  }

  #carry({ instrument, mode }: UpstreamChange, epoch: number): void {
    const { slot } = instrument;
    const known = this.#worker!.get(slot);
    if (mode === 0) {
      this.#worker!.delete(slot);
      if (known !== undefined) known.writer.end(known.feed);
    } else if (known === undefined) {
      this.#worker!.set(slot, this.#scene.exchange.carry(this.feed, instrument, epoch));
      // The exchange sends the last tick with the subscription.
      if (this.isLive) this.#deliver(slot);
    }
  }

  #deliver(slot: number): void {
    const connection = this.#worker!.get(slot)!;
    const n = this.#scene.now;
    connection.tick({ timeMs: 1000 * Math.floor(n / 3), seq: n, ltp: n });
    if (connection.feed.ownership === OWNERSHIP.AWAITED && !connection.isReported) {
      connection.isReported = true;
      this.#toMain.push(() => this.#scene.moves.onCarries(this.feed, [slot]));
    }
  }
}

export class MovingScene {
  readonly exchange = new ExchangeScene();
  readonly ledger = new PoolLedger(QUOTA);
  readonly moves: TokenMoves;
  readonly feeds: readonly ScenicFeed[];
  /** Number of the exchange's latest tick, the same for all instruments. */
  now = 1;

  constructor() {
    this.moves = new TokenMoves(this.ledger, this.exchange.owners, pino({ level: 'silent' }), {
      onSettled: () => {},
      onMoved: () => {},
      onStayed: () => {},
    });
    this.feeds = [0, 1, 2].map((feed) => {
      this.ledger.addFeed(feed);
      return new ScenicFeed(this, feed);
    });
  }

  isWished(slot: number): boolean {
    return this.ledger.tokenOf(slot) !== undefined;
  }

  wish(slot: number, home: number): void {
    const change: UpstreamChange = { instrument: INSTRUMENTS[slot]!, mode: MODE.LTP, deep: false };
    this.ledger.set(change, home);
    this.feeds[home]!.apply([change]);
  }

  endWish(slot: number): void {
    const token = this.ledger.tokenOf(slot)!;
    const { home, target } = token;
    this.ledger.drop(slot);
    const change: UpstreamChange = { instrument: INSTRUMENTS[slot]!, mode: 0, deep: false };
    const feeds = target === null ? [this.feeds[home]!] : this.moves.onWish(token, slot, true);
    for (const feed of feeds) feed.apply([change], new Set());
  }

  move(slot: number, to: number): void {
    const token = this.ledger.tokenOf(slot);
    if (token === undefined || token.target !== null || token.home === to) return;
    this.moves.start([token], this.feeds[token.home]!, this.feeds[to]!);
  }

  tick(): void {
    this.now++;
    for (const feed of this.feeds) feed.tick();
  }

  /** Everything that is on its way arrives, everybody is up again, and the market goes on. */
  settle(): void {
    for (const feed of this.feeds) {
      feed.restart();
      feed.connect();
    }
    for (let round = 0; round < 10; round++) {
      for (const feed of this.feeds) {
        while (feed.work());
        while (feed.report());
      }
      this.tick();
      if (round === 4) this.moves.lookAfter(Number.POSITIVE_INFINITY);
    }
    this.moves.stop();
  }

  /**
   * What a proxy makes of the ticks of a slot: all in order, and nothing missing that nobody told of.
   * @returns the last one that clients get
   */
  assertTold(slot: number): SeenTick | null {
    let last: SeenTick | null = null;
    for (const tick of this.exchange.seen.filter((seen) => seen.slot === slot)) {
      // Ticks of an earlier epoch that were still on their way are left out.
      if (last !== null && tick.epoch < last.epoch) continue;
      if (last?.epoch === tick.epoch) {
        assert.equal(tick.seq, last.seq + 1, `slot ${slot}: sequence numbers`);
        const isTold = (tick.flags & FLAG.GAP_BEFORE) !== 0;
        if (!isTold) assert.equal(tick.ltp, last.ltp + 1, `slot ${slot}: nobody told of what is missing`);
        else assert.ok(tick.ltp >= last.ltp, `slot ${slot}: an old tick`);
      }
      last = tick;
    }
    return last;
  }
}

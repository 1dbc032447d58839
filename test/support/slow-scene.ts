/** Clients that read when they are told to, and everything between the ticks and their sockets, without a network. */
import type { ConnectionOptions } from '../../src/codec/connection-options.ts';
import { FEATURE } from '../../src/codec/framing.ts';
import { type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import type { ProxyLimits } from '../../src/workers/proxy/admission/proxy-limits.ts';
import { RequestAllowance } from '../../src/workers/proxy/admission/request-allowance.ts';
import type { SubscriptionLimits } from '../../src/workers/proxy/admission/subscription-limits.ts';
import { WorkTurns } from '../../src/workers/proxy/admission/work-turns.ts';
import { Broadcaster } from '../../src/workers/proxy/broadcaster.ts';
import { addHolding, ClientSession, findHolding } from '../../src/workers/proxy/connection/client-session.ts';
import { CLOSE } from '../../src/workers/proxy/connection/close-codes.ts';
import { FeedStatusNotifier } from '../../src/workers/proxy/feed-status-notifier.ts';
import { Conflator } from '../../src/workers/proxy/slow/conflator.ts';
import type { DeliveryTerms } from '../../src/workers/proxy/slow/delivery-terms.ts';
import { SlowLadder } from '../../src/workers/proxy/slow/slow-ladder.ts';
import { StreamDelivery } from '../../src/workers/proxy/slow/stream-delivery.ts';
import { ClientHoldings } from '../../src/workers/proxy/subscriptions/client-holdings.ts';
import { SnapshotJoin } from '../../src/workers/proxy/subscriptions/snapshot-join.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import type { SlowLimits } from '../../src/workers/reload-messages.ts';
import { RELIANCE, sampleTick } from './sample-tick.ts';
import { SILENT_SOURCE } from './silent-source.ts';

const NO_LIMITS: Pick<ProxyLimits, 'allowance'> & { outbound: Pick<ProxyLimits['outbound'], 'mayLinger'> } = {
  allowance: () => new RequestAllowance(0, 1),
  outbound: { mayLinger: () => true },
};

/** A tick as the test knows it; prices are scaled by 100. */
export interface KnownTick {
  readonly symbol: string;
  readonly epoch: number;
  readonly seq: number;
  readonly ltp: number;
  readonly volume: number;
}

/** A message that a client has read. */
export interface ReadMessage {
  readonly text: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** The library's side of a client: what was published for it goes first, then into a buffer that it reads from. */
class FakeSocket {
  readonly #published: Uint8Array[] = [];
  readonly #buffer: Uint8Array[] = [];
  readonly topics = new Set<string>();
  readonly read: ReadMessage[] = [];
  #buffered = 0;
  readonly #isDirect: boolean;

  constructor(isDirect: boolean) {
    this.#isDirect = isDirect;
  }

  getUserData() {
    const connection = { id: 1, address: null };
    const isDirect = this.#isDirect;
    return { query: '', subprotocol: '', isDirect, isCompressed: false, connection, session: undefined };
  }

  getBufferedAmount(): number {
    return this.#buffered;
  }

  subscribe(topic: string): boolean {
    this.topics.add(topic);
    return true;
  }

  unsubscribe(topic: string): boolean {
    return this.topics.delete(topic);
  }

  publish(bytes: Uint8Array): void {
    this.#published.push(Buffer.from(bytes));
  }

  send(bytes: Uint8Array | string): number {
    this.endTurn();
    this.#write(Buffer.from(bytes as string));
    return 1;
  }

  cork(send: () => void): this {
    send();
    return this;
  }

  end(): void {}

  /** The library writes what was published. */
  endTurn(): void {
    for (const bytes of this.#published.splice(0)) this.#write(bytes);
  }

  /** The client reads so many bytes, whole messages. @returns whether it got any */
  take(bytes: number): boolean {
    let left = bytes;
    const before = this.#buffer.length;
    while (this.#buffer.length > 0 && left >= this.#buffer[0]!.length + 2) {
      const text = Buffer.from(this.#buffer.shift()!).toString();
      left -= text.length + 2;
      this.#buffered -= text.length + 2;
      this.read.push({ text, message: JSON.parse(text) as Record<string, unknown> });
    }
    return this.#buffer.length < before;
  }

  #write(bytes: Uint8Array): void {
    this.#buffer.push(bytes);
    this.#buffered += bytes.length + 2;
  }
}

export interface SceneClient {
  readonly session: ClientSession;
  readonly socket: FakeSocket;
}

export const INSTRUMENTS: readonly Instrument[] = ['RELIANCE', 'INFY', 'TCS'].map((symbol, slot) => ({
  ...RELIANCE,
  symbol,
  slot,
}));

export class SlowScene {
  now = 1000;
  readonly index = new SubscriptionIndex();
  readonly conflator: Conflator;
  readonly delivery: StreamDelivery;
  readonly ladder: SlowLadder;
  readonly clients: SceneClient[] = [];
  /** By slot, every tick there was. */
  readonly ticks: KnownTick[][] = INSTRUMENTS.map(() => []);
  readonly holdings: ClientHoldings;
  readonly #broadcaster: Broadcaster;
  readonly #last = INSTRUMENTS.map(() => ({ epoch: 1, seq: 0, ltp: 250_000, volume: 1000 }));
  readonly #changing = new Set<ClientSession>();
  #roundAt = 1000;

  /**
   * @param room counts what clients hold, as far as they subscribe by the holdings
   * @param cutOff ends the connection of a client for whom too much waits when its instruments move
   */
  constructor(
    limits: SlowLimits,
    lowMarkBytes: number,
    room: Pick<SubscriptionLimits, 'add' | 'addMoved' | 'followStreams'> = {
      add: () => {},
      addMoved: () => {},
      followStreams: () => {},
    },
    cutOff = (session: ClientSession) => session.end(CLOSE.SLOW_CONSUMER),
  ) {
    this.conflator = new Conflator(() => this.now, lowMarkBytes);
    this.delivery = new StreamDelivery(this.index.topics, this.conflator, limits.policy);
    this.ladder = new SlowLadder(this.delivery, limits, 1e9);
    const publish = (topic: string, bytes: Uint8Array | string) => {
      for (const { socket } of this.clients) {
        if (socket.topics.has(topic)) socket.publish(Buffer.from(bytes as string));
      }
      return true;
    };
    this.#broadcaster = new Broadcaster({ publish: publish as never }, this.index, SILENT_SOURCE);
    this.holdings = new ClientHoldings({
      control: { need: () => {} },
      index: this.index,
      snapshots: new SnapshotJoin(SILENT_SOURCE, this.#broadcaster),
      statuses: new FeedStatusNotifier(),
      limits: room,
      delivery: this.delivery,
      cutOff,
      turns: new WorkTurns(),
    });
  }

  /** @param isDirect each tick in a write of its own */
  connect(options: Partial<ConnectionOptions> = {}, isDirect = false): SceneClient {
    const socket = new FakeSocket(isDirect);
    const session = new ClientSession(
      socket as never,
      {
        framing: 'json',
        dialect: 'openalgo',
        features: 0,
        slow: null,
        chosen: {},
        ...options,
      },
      NO_LIMITS as ProxyLimits,
      new WorkTurns(),
    );
    const client = { session, socket };
    this.clients.push(client);
    return client;
  }

  subscribe({ session }: SceneClient, slot: number, view: Mode, terms: DeliveryTerms): void {
    const instrument = INSTRUMENTS[slot]!;
    const { framing, features, dialect } = session.options;
    const form = { view, framing, features: features & 15, dialect, depthLevel: 5, servedLevel: 5 };
    const stream = this.index.add(instrument, form);
    const holding = findHolding(session, instrument) ?? addHolding(session, instrument);
    holding.streams.set(view, stream);
    if ((features & FEATURE.SEQUENCE) !== 0) {
      const streams = this.index.get(slot)!;
      if (holding.streams.size === 1) streams.gapSubscribers[framing]++;
      session.socket.subscribe(streams.gapTopic(framing));
    }
    this.delivery.agree(session, stream, terms);
    this.delivery.join(session, stream);
  }

  /** Gives a subscription other terms. */
  change({ session }: SceneClient, slot: number, view: Mode, terms: DeliveryTerms): void {
    const stream = findHolding(session, INSTRUMENTS[slot]!)!.streams.get(view)!;
    this.delivery.change(session, stream, terms);
  }

  /** A tick of an instrument in mode DEPTH. @param move of the price; 0 with no volume is a change of the book alone */
  tick(slot: number, move: number, volume = 0): void {
    const last = this.#last[slot]!;
    last.seq++;
    last.ltp += move;
    last.volume += volume;
    const { words, doubles } = sampleTick(MODE.DEPTH, INSTRUMENTS[slot]!);
    writeInt64(words, WORD.EPOCH, last.epoch);
    writeInt64(words, WORD.SEQ, last.seq);
    writeInt64(words, WORD.LTP, last.ltp);
    writeInt64(words, WORD.VOLUME, last.volume);
    this.ticks[slot]!.push({ symbol: INSTRUMENTS[slot]!.symbol, ...last });
    this.#broadcaster.onTick(words, doubles);
  }

  /** The feed worker starts again. */
  startEpoch(slot: number): void {
    const last = this.#last[slot]!;
    last.epoch++;
    last.seq = 0;
  }

  /** A tick of an instrument does not come this far. */
  lose(slot: number): void {
    this.#last[slot]!.seq++;
  }

  /** Clients that change do so by one instrument; then the end of a drain, and of its turn of the event loop. */
  endTurn(): void {
    this.#goOn(0);
    this.conflator.flush();
    for (const { socket } of this.clients) socket.endTurn();
  }

  /** The client reads. */
  read({ session, socket }: SceneClient, bytes: number): void {
    if (socket.take(bytes)) this.ladder.onDrain(session, this.now);
  }

  /**
   * Time passes, then the keeper makes a round.
   * @param isHurried what clients have to do behind it takes several turns
   * @returns clients that are to be disconnected
   */
  round(ms: number, isHurried = false): ClientSession[] {
    this.now += ms;
    const cut: ClientSession[] = [];
    for (const { session } of this.clients) {
      const verdict = this.ladder.look(session, session.backlogBytes, this.now, this.#roundAt);
      if (verdict === 'cut') cut.push(session);
      else if (verdict === 'act') this.#changing.add(session);
    }
    this.#roundAt = this.now;
    return [...cut, ...this.#goOn(isHurried ? 0 : Number.POSITIVE_INFINITY)];
  }

  #goOn(until: number): ClientSession[] {
    const cut: ClientSession[] = [];
    for (const session of this.#changing) {
      const step = this.ladder.act(session, this.now, until);
      if (step !== 'more') this.#changing.delete(session);
      if (step === 'cut') cut.push(session);
    }
    return cut;
  }

  /** Everybody reads everything, as long as anything comes. */
  readAll(): void {
    for (let quiet = 0; quiet < 5; ) {
      const before = this.clients.map(({ socket }) => socket.read.length).join();
      this.round(200_000);
      this.endTurn();
      for (const client of this.clients) this.read(client, Number.POSITIVE_INFINITY);
      this.endTurn();
      quiet = before === this.clients.map(({ socket }) => socket.read.length).join() ? quiet + 1 : 0;
    }
    this.conflator.stop();
  }
}

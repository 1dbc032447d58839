/** A client that joins what it subscribed to while it reads or does not, with everything between its request and the topics. */
import { FEATURE } from '../../src/codec/framing.ts';
import { type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import type { ClientLimits } from '../../src/workers/admission-messages.ts';
import type { ProxyLimits } from '../../src/workers/proxy/admission/proxy-limits.ts';
import { RequestAllowance } from '../../src/workers/proxy/admission/request-allowance.ts';
import { SubscriptionLimits } from '../../src/workers/proxy/admission/subscription-limits.ts';
import { WorkTurns } from '../../src/workers/proxy/admission/work-turns.ts';
import { Broadcaster } from '../../src/workers/proxy/broadcaster.ts';
import { Capabilities } from '../../src/workers/proxy/capabilities.ts';
import { ClientSession } from '../../src/workers/proxy/connection/client-session.ts';
import { CLOSE } from '../../src/workers/proxy/connection/close-codes.ts';
import type { ControlPlane } from '../../src/workers/proxy/control-plane.ts';
import { FeedStatusNotifier } from '../../src/workers/proxy/feed-status-notifier.ts';
import { OrderRelay } from '../../src/workers/proxy/order-relay.ts';
import { type ParkedSession, unpackSession } from '../../src/workers/proxy/sessions/session-image.ts';
import { SessionRegistrar } from '../../src/workers/proxy/sessions/session-registrar.ts';
import { Conflator } from '../../src/workers/proxy/slow/conflator.ts';
import { StreamDelivery } from '../../src/workers/proxy/slow/stream-delivery.ts';
import { ClientHoldings } from '../../src/workers/proxy/subscriptions/client-holdings.ts';
import { Departures } from '../../src/workers/proxy/subscriptions/departures.ts';
import { SnapshotJoin } from '../../src/workers/proxy/subscriptions/snapshot-join.ts';
import { SubscriptionHandler } from '../../src/workers/proxy/subscriptions/subscription-handler.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { UnsubscribeHandler } from '../../src/workers/proxy/subscriptions/unsubscribe-handler.ts';
import type { ToSessionStore } from '../../src/workers/session-messages.ts';
import { UsageTable } from '../../src/workers/usage-table.ts';
import { RELIANCE } from './sample-tick.ts';
import { SILENT_SOURCE } from './silent-source.ts';

/** More than may wait for a client that is to join. */
const FULL_BYTES = 1_000_000;
/** Those that are looked at by what the scene is made of. */
const NO_LIMITS: Partial<ClientLimits> = {
  requestsPerSecond: 0,
  maxBatch: 0,
  maxSubscriptionsPerClient: 0,
  maxSubscriptionsPerKey: 0,
  maxSubscriptions: 0,
  maxStreams: 0,
};

export function instrumentAt(slot: number): Instrument {
  return { ...RELIANCE, symbol: `S${slot}`, slot };
}

export class JoiningScene {
  readonly index = new SubscriptionIndex();
  readonly topics = new Set<string>();
  /** What the control plane believes to be needed, by slot. */
  readonly needed = new Map<number, number>();
  /** What counts against limits. */
  readonly used: UsageTable;
  readonly session: ClientSession;
  readonly holdings: ClientHoldings;
  readonly statuses = new FeedStatusNotifier();
  /** Messages that the client was sent, other than ticks. */
  readonly sent: Readonly<Record<string, unknown>>[] = [];
  /** Portions in which it was told what came back, and how many it had joined by then. */
  readonly restored: { readonly entries: number; readonly hasMore: boolean; readonly joined: number }[] = [];
  /** How many of each portion were refused. */
  readonly refused: number[] = [];
  readonly #departures: Departures;
  /** Called before the client is sent a message, other than a tick. */
  beforeSend: (message: Readonly<Record<string, unknown>>) => void = () => {};
  /** Called before a question is answered. @returns which slot an instrument has, by the number in its name */
  beforeAnswer: () => (number: number) => number = () => (number) => number;
  readonly #subscriptions: SubscriptionHandler;
  readonly #unsubscriptions: UnsubscribeHandler;
  readonly #sessions: SessionRegistrar;
  #buffered = 0;
  #image: Uint8Array | null = null;

  /**
   * @param features of the client, beside `session`
   * @param limited limits in place of none
   */
  constructor(features: number, limited: Partial<ClientLimits> = {}) {
    const { index, statuses } = this;
    const control = this.#control();
    const usage = UsageTable.create(1, 1);
    this.used = new UsageTable(usage, 1);
    const task = { limits: { ...NO_LIMITS, ...limited } as ClientLimits, usage, row: 0, workers: 1 };
    const limits = new SubscriptionLimits({ ...task, fullAddresses: [] }, index);
    const snapshots = new SnapshotJoin(
      SILENT_SOURCE,
      new Broadcaster({ publish: () => true } as never, index, SILENT_SOURCE),
    );
    const turns = new WorkTurns();
    const delivery = new StreamDelivery(index.topics, new Conflator(), 'conflate');
    const cutOff = (session: ClientSession) => session.end(CLOSE.SLOW_CONSUMER);
    this.holdings = new ClientHoldings({
      control,
      index,
      snapshots,
      statuses,
      limits,
      delivery,
      cutOff,
      turns,
    });
    this.#departures = new Departures({ control, index, delivery, limits, turns });
    const offers = {
      capabilities: () => new Capabilities([{ broker: 'angel', exchange: '*', depthLevels: [5] }]),
    };
    this.#subscriptions = new SubscriptionHandler(
      this.holdings,
      control,
      index,
      offers,
      statuses,
      limits,
      turns,
    );
    this.#unsubscriptions = new UnsubscribeHandler(this.holdings, control, index, limits, turns);
    const port = { postMessage: (message: ToSessionStore) => this.#onStored(message) };
    this.#sessions = new SessionRegistrar(port, control, index, this.#subscriptions, new OrderRelay());
    this.session = this.#connect(features | FEATURE.SESSION);
  }

  /** Slots whose ticks the client gets. */
  get joined(): number[] {
    return [...this.topics].map((topic) => Number.parseInt(topic, 10));
  }

  /** Asks for the instruments of slots 0 to `count` - 1. The client reads nothing from now on. */
  async subscribe(count: number, mode: Mode = MODE.LTP): Promise<{ readonly done: Promise<void> }> {
    this.#buffered = FULL_BYTES;
    const symbols = Array.from({ length: count }, (_, slot) => instrumentAt(slot));
    const request = { symbols, mode };
    const done = this.#subscriptions.subscribe(this.session, request, (_, code, message) => {
      throw new Error(`${code}: ${message}`);
    });
    await new Promise(setImmediate);
    return { done: done! };
  }

  /** Asks for the end of all that the client holds. */
  unsubscribeAll(): Promise<void> | undefined {
    return this.#unsubscriptions.unsubscribeAll(this.session, { action: 'unsubscribe_all' });
  }

  /** Asks for the end of the instruments of slots 0 to `count` - 1. */
  unsubscribe(count: number): Promise<void> | undefined {
    const symbols = Array.from({ length: count }, (_, slot) => instrumentAt(slot));
    return this.#unsubscriptions.unsubscribe(this.session, { symbols }, (_, code, message) => {
      throw new Error(`${code}: ${message}`);
    });
  }

  /** Gives the client what a session kept. It reads nothing from now on. */
  async restore(parked: ParkedSession): Promise<{ readonly done: Promise<void> }> {
    this.#buffered = FULL_BYTES;
    const done = this.#subscriptions.restore(this.session, parked, (entries, hasMore) => {
      this.restored.push({ entries: entries.length, hasMore, joined: this.topics.size });
      this.refused.push(entries.filter((entry) => (entry as { status: string }).status === 'error').length);
      this.#buffered += FULL_BYTES;
    });
    await new Promise(setImmediate);
    return { done };
  }

  /** The client reads everything, also what is still to come, but for what it is told of what comes back. */
  read(): void {
    this.#buffered = 0;
  }

  /** The connection breaks. @returns what its session keeps */
  leave(): ParkedSession {
    this.#sessions.park(this.session, 1006);
    this.go();
    return unpackSession(this.#image!);
  }

  /** The connection breaks, and there is no session that keeps anything. */
  go(): void {
    this.session.open = false;
    this.#departures.add(this.session);
  }

  /** Another connection goes on with the session, and has not got back anything of it yet. */
  passOn({ session }: JoiningScene): void {
    session.resumption!.pending = this.#image;
  }

  #control(): ControlPlane {
    return {
      verifyKey: () => Promise.reject(new Error('there are no keys')),
      subscribe: async (_, wishes) => {
        const slotOf = this.beforeAnswer();
        const instruments = wishes.map(({ symbol }) => {
          const number = Number(symbol.slice(1));
          return { ...instrumentAt(number), slot: slotOf(number) };
        });
        for (const { slot } of instruments) this.needed.set(slot, -1);
        return { outcomes: instruments.map((each) => ({ status: 'ok', instruments: [each] })), askedAt: 0 };
      },
      need: (needs) => {
        for (const { slot, modes } of needs) this.needed.set(slot, modes);
      },
    };
  }

  #connect(features: number): ClientSession {
    const socket = {
      getUserData: () => ({ query: '', subprotocol: '', isDirect: false, isCompressed: false }),
      getBufferedAmount: () => this.#buffered,
      subscribe: (topic: string) => this.topics.add(topic),
      unsubscribe: (topic: string) => this.topics.delete(topic),
      send: (text: string) => {
        const message = JSON.parse(text) as Readonly<Record<string, unknown>>;
        this.beforeSend(message);
        this.sent.push(message);
      },
      cork: (work: () => void) => work(),
    };
    const options = { framing: 'json', dialect: 'openalgo', features, slow: null, chosen: {} } as const;
    const limits: Partial<ProxyLimits> = { allowance: () => new RequestAllowance(0, 1) };
    const session = new ClientSession(socket as never, options, limits as ProxyLimits, new WorkTurns());
    const owner = { owner: 'a', userId: 'a', account: 'a', broker: 'angel', keyId: 'own:1', rights: null };
    session.identity = owner;
    session.resumption = { id: 's', holder: '', pending: null, strictDepths: new Set() };
    return session;
  }

  #onStored(message: ToSessionStore): void {
    if (message.type === 'sessionParked') this.#image = message.image;
  }
}

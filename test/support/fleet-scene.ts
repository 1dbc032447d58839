/**
 * Feed hosts with accounts of their own, proxies behind relays to each of them, and clients of every kind, about to lose
 * one process or link; and the one list of what must hold when it is back.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { BusRelay } from './bus-relay.ts';
import { FeedHost, tokenOf } from './feed-host.ts';
import { ProxyHost } from './proxy-host.ts';
import { SharedExchange } from './shared-exchange.ts';
import type { TestClientOptions } from './test-client.ts';
import { TickLedger } from './tick-ledger.ts';
import { until } from './until.ts';

const PROXIES = 3;
const SYMBOLS_PER_FEED = 1000;
/** What the clients of one proxy hold overlaps with what those of the next hold, and is not the same. */
const PROXY_STEP = 200;
const CLIENT_STEP = 80;
const SYMBOLS_PER_CLIENT = 280;
const TICKS_PER_TURN = 20;
const SETTLE_TIMEOUT_MS = 15_000;
/** Memory that a survivor may have more than before. */
const RSS_FACTOR = 1.1;

/** Every framing, dialect and feature. */
const KINDS: readonly (TestClientOptions & { readonly isDesign?: boolean })[] = [
  { features: ['sequence'] },
  { framing: 'msgpack', features: ['sequence', 'stamps', 'snapshot'] },
  { features: ['sequence', 'status'], path: '/?dialect=design', isDesign: true },
  { framing: 'msgpack', path: '/?dialect=design', isDesign: true },
  {},
];
const DESIGN_DEPTH = 4;

export interface FleetClient {
  readonly ledger: TickLedger;
  readonly proxy: ProxyHost;
  readonly feed: FeedHost;
  /** Numbers of its symbols. */
  readonly symbols: readonly number[];
  /** As upstream: 1 to 3. */
  readonly mode: number;
  /** It is told of gaps. */
  readonly isNumbered: boolean;
}

export interface Fault {
  /** Whose ticks may be missing, announced. */
  readonly concerned: (client: FleetClient) => boolean;
  /** Of these something is announced to each of them that lives through it and chose sequence numbers. */
  readonly reasons: readonly ('lost' | 'restart')[];
  readonly strike: () => unknown;
  readonly recover: () => unknown;
  /** Hosts that live through it. */
  readonly survivors: readonly (FeedHost | ProxyHost)[];
  /** Whether what survivors hold afterwards is compared with what they held before. */
  readonly isMeasured: boolean;
}

export class FleetScene {
  readonly shared: SharedExchange;
  readonly feeds: readonly FeedHost[];
  readonly proxies: readonly ProxyHost[];
  /** By proxy, then by feed. */
  readonly relays: readonly (readonly BusRelay[])[];
  clients: readonly FleetClient[] = [];

  private constructor(
    shared: SharedExchange,
    feeds: readonly FeedHost[],
    proxies: readonly ProxyHost[],
    relays: readonly (readonly BusRelay[])[],
  ) {
    this.shared = shared;
    this.feeds = feeds;
    this.proxies = proxies;
    this.relays = relays;
  }

  static async start(t: Pick<TestContext, 'after'>): Promise<FleetScene> {
    const shared = await SharedExchange.listen(t);
    const symbols = Array.from({ length: SYMBOLS_PER_FEED }, (_, i) => symbolOf(i));
    const feeds = await Promise.all(
      ['A', 'B'].map((clientCode) => FeedHost.start(t, { upstreamUrl: shared.url, clientCode, symbols })),
    );
    const relays = await Promise.all(
      Array.from({ length: PROXIES }, () => Promise.all(feeds.map(({ port }) => BusRelay.listen(t, port)))),
    );
    const proxies = await Promise.all(
      relays.map((own) => ProxyHost.start(t, { feeds: own.map(({ endpoint }) => [endpoint]) })),
    );
    const scene = new FleetScene(shared, feeds, proxies, relays);
    for (const proxy of proxies) await scene.connectClients(proxy);
    await scene.settle();
    return scene;
  }

  /** Connects and subscribes the clients of a proxy, in place of those that it had. */
  async connectClients(proxy: ProxyHost): Promise<void> {
    const p = this.proxies.indexOf(proxy);
    const pairs = this.feeds.flatMap((feed) => KINDS.map((kind, i) => ({ feed, kind, i })));
    const fresh = await Promise.all(
      pairs.map(async ({ feed, kind, i }): Promise<FleetClient> => {
        const { isDesign = false, ...options } = kind;
        const client = await proxy.client(feed.key, options);
        const from = p * PROXY_STEP + i * CLIENT_STEP;
        const symbols = Array.from({ length: SYMBOLS_PER_CLIENT }, (_, n) => from + n);
        const mode = 1 + ((p + i) % 3);
        const ledger = new TickLedger(client, `client ${i} of proxy ${p} and feed ${feed.clientCode}`);
        client.send({
          action: 'subscribe',
          symbols: symbols.map((n) => ({ symbol: symbolOf(n), exchange: 'NSE' })),
          mode: isDesign && mode === 3 ? DESIGN_DEPTH : mode,
        });
        const answer = await client.next('the confirmation', ({ message }) => message.type === 'subscribe');
        assert.equal(answer.message.status, 'success');
        const isNumbered = options.features?.includes('sequence') ?? false;
        return { ledger, proxy, feed, symbols, mode, isNumbered };
      }),
    );
    this.clients = [...this.clients.filter((client) => client.proxy !== proxy), ...fresh];
  }

  async killProxy(proxy: ProxyHost): Promise<void> {
    await proxy.process.kill();
    this.clients = this.clients.filter((client) => client.proxy !== proxy);
  }

  /**
   * What an account is to be sent for the clients that there are.
   *
   * @param without a proxy that the feed host cannot reach
   */
  wished(feed: FeedHost, without?: ProxyHost): string[] {
    const modes = new Map<number, number>();
    const clients = this.clients.filter((client) => client.feed === feed && client.proxy !== without);
    for (const { symbols, mode } of clients) {
      for (const symbol of symbols) modes.set(symbol, Math.max(mode, modes.get(symbol) ?? 0));
    }
    return [...modes].map(([symbol, mode]) => `${tokenOf(symbol)}:${mode}`);
  }

  /** Waits until the exchange carries exactly what is wished at the feed hosts that are up. */
  async untilCarried(feeds: readonly FeedHost[] = this.feeds): Promise<void> {
    for (const feed of feeds) await this.shared.untilCarried(feed, this.wished(feed));
  }

  /** Plays a fault while the market trades, and goes through the list. */
  async suffer({ concerned, reasons, strike, recover, survivors, isMeasured }: Fault): Promise<void> {
    this.#read();
    const before = survivors.map(({ process }) => ({
      rss: process.rssBytes(),
      descriptors: process.descriptors(),
    }));
    const spared = this.clients.filter((client) => !concerned(client));
    const gaps = spared.map(({ ledger }) => ledger.gaps.length);
    const hurt = this.clients
      .filter(concerned)
      .map(({ ledger, isNumbered }) => ({ ledger, isNumbered, gaps: ledger.gaps.length }));
    this.shared.trade(TICKS_PER_TURN);
    await strike();
    await this.#untilFresh(spared, false);
    await recover();
    await this.settle();
    assert.deepEqual(
      spared.map(({ ledger }) => ledger.gaps.length),
      gaps,
      'who is not concerned misses nothing',
    );
    for (const { ledger } of this.clients) assert.equal(ledger.client.closed, null);
    for (const { ledger, isNumbered, gaps: known } of hurt) {
      if (ledger.client.closed !== null) continue;
      const told = ledger.gaps.slice(known);
      assert.equal(told.length > 0, isNumbered, 'who chose sequence numbers is told, and nobody else');
      const others = told.filter(({ reason }) => reasons.every((each) => each !== reason));
      assert.deepEqual(others, [], `nothing but ${reasons}`);
    }
    if (!isMeasured) return;
    for (const [i, { process }] of survivors.entries()) {
      const { rss, descriptors } = before[i]!;
      await until(`${JSON.stringify(process.descriptors())} to be ${JSON.stringify(descriptors)}`, () =>
        Object.entries(process.descriptors()).every(([kind, count]) => count <= (descriptors[kind] ?? 0)),
      );
      const now = process.rssBytes();
      assert.ok(now <= rss * RSS_FACTOR, `survivor ${i}: RSS was ${rss} bytes and is ${now}`);
    }
  }

  /** Waits until ticks of the exchange's next turns do not come to these clients. */
  async untilSilent(clients: readonly FleetClient[]): Promise<void> {
    const ticks = () => {
      this.#read();
      return clients.reduce((sum, { ledger }) => sum + ledger.ticks, 0);
    };
    let before = -1;
    await until('silence', async () => {
      const now = ticks();
      const isSilent = now === before;
      before = now;
      const { framesSent } = this.shared.exchange.counters;
      await until('turns of the exchange', () => this.shared.exchange.counters.framesSent > framesSent + 500);
      return isSilent && ticks() === now;
    });
  }

  /** Waits until the exchange carries what is wished, and every client has the latest tick of each of its symbols. */
  async settle(): Promise<void> {
    this.shared.trade(0);
    await this.untilCarried();
    await this.#untilFresh(this.clients, true);
  }

  /** @param isEach whether every symbol of every client ticks, or any of each client's */
  async #untilFresh(clients: readonly FleetClient[], isEach: boolean): Promise<void> {
    const from = Date.now();
    if (isEach) this.shared.exchange.stepEach();
    const isFresh = ({ ledger, symbols }: FleetClient) => {
      const isNew = (n: number) => (ledger.of(symbolOf(n))?.receiveTime ?? 0) >= from;
      return isEach ? symbols.every(isNew) : symbols.some(isNew);
    };
    await until(
      'fresh ticks',
      () => {
        this.#read();
        return clients.every(isFresh);
      },
      SETTLE_TIMEOUT_MS,
    );
  }

  #read(): void {
    for (const { ledger } of this.clients) ledger.read();
  }
}

function symbolOf(n: number): string {
  return `SYM${String(n).padStart(4, '0')}`;
}

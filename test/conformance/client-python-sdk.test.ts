/** The Python SDK of OpenAlgo, by its rules: what it sends, what it reads, what it drops, and how it comes back. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { Message } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const NSE = (...symbols: string[]) => symbols.map((symbol) => ({ symbol, exchange: 'NSE' }));
type Entry = { readonly symbol: string; readonly exchange: string };

const QUOTE_FIELDS = [
  'open',
  'high',
  'low',
  'close',
  'ltp',
  'volume',
  'last_trade_quantity',
  'avg_trade_price',
  'change',
  'change_percent',
  'timestamp',
] as const;

interface SdkOptions {
  /** As the user gives it; takes the place of `host` and `wsPort`. */
  readonly wsUrl?: string;
  readonly host?: string;
  readonly wsPort?: number;
  readonly key: string;
  /** The SDK waits 5 s for the socket and as long for the answer. */
  readonly waitMs?: number;
}

class PythonSdk {
  readonly ltp = new Map<string, Message>();
  readonly quotes = new Map<string, Record<string, unknown>>();
  readonly depth = new Map<string, Message>();
  /** Symbols subscribed, by mode: what is replayed after a reconnection. */
  readonly #subscribed = new Map<number, Entry[]>();
  readonly #options: SdkOptions;
  readonly #url: string;
  #socket: WebSocket | undefined;
  #authenticated = false;
  #closing = false;
  reconnections = 0;

  constructor(options: SdkOptions) {
    this.#options = options;
    const host = new URL(options.host ?? 'http://127.0.0.1:5000').hostname;
    this.#url = options.wsUrl ?? `ws://${host}:${options.wsPort ?? 8765}`;
  }

  async connect(): Promise<boolean> {
    const waitMs = this.#options.waitMs ?? 5000;
    this.#authenticated = false;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as Message));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#authenticated && !this.#closing) void this.#reconnect();
    });
    try {
      await until('the socket', () => socket.readyState === WebSocket.OPEN, waitMs);
      this.#send({ action: 'authenticate', api_key: this.#options.key });
      await until('the answer', () => this.#authenticated, waitMs);
      return true;
    } catch {
      return false;
    }
  }

  subscribe(mode: 1 | 2 | 3, entries: Entry[]): void {
    this.#subscribed.set(mode, entries);
    this.#send({ action: 'subscribe', symbols: entries, mode, depth: 5 });
  }

  unsubscribe(mode: 1 | 2 | 3, entries: Entry[]): void {
    this.#subscribed.delete(mode);
    this.#send({ action: 'unsubscribe', symbols: entries.map((entry) => ({ ...entry, mode })) });
  }

  disconnect(): void {
    this.#closing = true;
    this.#socket?.terminate();
  }

  /** After 1, 2, 5, 10, 30, 60 s; then everything is replayed, one message for each mode. */
  async #reconnect(): Promise<void> {
    for (const seconds of [1, 2, 5, 10, 30, 60]) {
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      if (this.#closing) return;
      if (!(await this.connect())) continue;
      this.reconnections++;
      for (const [mode, entries] of this.#subscribed) {
        this.#send({ action: 'subscribe', symbols: entries, mode, depth: 5 });
      }
      return;
    }
  }

  #send(request: object): void {
    this.#socket?.send(JSON.stringify(request));
  }

  #take(message: Message): void {
    if (message.type === 'auth' && message.status === 'success') {
      assert.ok(typeof message.broker === 'string' && typeof message.user_id === 'string');
      this.#authenticated = true;
    }
    const { symbol, exchange, mode, data } = message;
    if (message.type !== 'market_data' || !symbol || !exchange || data === undefined) return;
    const name = `${exchange}:${symbol}`;
    if (mode === 1 && 'ltp' in data) this.ltp.set(name, message);
    if (mode === 2) {
      this.quotes.set(name, Object.fromEntries(QUOTE_FIELDS.map((field) => [field, data[field] ?? 0])));
    }
    if (mode === 3 && 'depth' in data) this.depth.set(name, message);
  }
}

function client(t: TestContext, options: SdkOptions): PythonSdk {
  const sdk = new PythonSdk(options);
  t.after(() => sdk.disconnect());
  return sdk;
}

test('C-26 the Python SDK connects by each form of its address, and gives up on a wrong key when its wait is over', async (t) => {
  const { wsUrl, key } = await startEngineFixture(t);
  const { hostname, port } = new URL(wsUrl);
  const forms = [
    { wsUrl: `ws://${hostname}:${port}` },
    { host: `http://${hostname}:5000`, wsPort: Number(port) },
  ];
  for (const form of forms) assert.equal(await client(t, { ...form, key }).connect(), true);
  assert.equal(await client(t, { wsUrl, key: 'f'.repeat(64), waitMs: 400 }).connect(), false);
});

test('C-26 the Python SDK finds every field that it reads, ends each mode by itself, and resumes after a restart', async (t) => {
  const fixture = await startEngineFixture(t, { exchange: { ticksPerSecond: 300 } });
  const sdk = client(t, { wsUrl: fixture.wsUrl, key: fixture.key });
  assert.equal(await sdk.connect(), true);
  const names = NSE('RELIANCE', 'INFY');
  sdk.subscribe(1, names);
  sdk.subscribe(2, names);
  sdk.subscribe(3, names);

  const filled = () => [sdk.ltp, sdk.quotes, sdk.depth].every((values) => values.size === names.length);
  await until('values of each kind', filled);
  for (const message of sdk.ltp.values()) {
    assert.ok(Number(message.data?.ltp) > 0 && Number.isInteger(message.data?.timestamp));
  }
  await until('a price that moved', () => [...sdk.quotes.values()].some(({ change }) => change !== 0));
  for (const quote of sdk.quotes.values()) {
    for (const field of ['open', 'close', 'ltp', 'volume', 'avg_trade_price', 'timestamp']) {
      assert.ok(Number(quote[field]) > 0, `${field} is ${quote[field]}`);
    }
  }
  for (const { data } of sdk.depth.values()) {
    const { buy, sell } = data!.depth as { buy: Record<string, number>[]; sell: Record<string, number>[] };
    for (const side of [buy, sell]) {
      assert.equal(side.length, 5);
      for (const level of side) assert.deepEqual(Object.keys(level), ['price', 'quantity', 'orders']);
    }
  }

  sdk.unsubscribe(2, names);
  await until('the end of the quotes', async () => {
    sdk.quotes.clear();
    sdk.ltp.clear();
    sdk.depth.clear();
    await until('the other modes', () => sdk.ltp.size + sdk.depth.size === 2 * names.length);
    return sdk.quotes.size === 0;
  });

  await fixture.restart();
  sdk.ltp.clear();
  sdk.depth.clear();
  await until('ticks after the restart', () => sdk.ltp.size + sdk.depth.size === 2 * names.length);
  assert.deepEqual([sdk.reconnections, sdk.quotes.size], [1, 0]);
});

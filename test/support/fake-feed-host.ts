/**
 * A feed host that a test plays: the two sockets of a true one, with its encoders, and nothing behind them. It can be
 * silent, slow to answer, say nonsense, skip ticks, die, and be started anew.
 */
import type { TestContext } from 'node:test';
import type { Router, XPublisher } from 'zeromq';
import type { Mode } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { controlEndpointOf } from '../../src/workers/bus/bus-address.ts';
import { type BusEvent, encodeEvent } from '../../src/workers/bus/bus-event.ts';
import { createControlServer, createTickPublisher } from '../../src/workers/bus/bus-sockets.ts';
import {
  CONTROL_PROTOCOL,
  type ControlAnswer,
  type ControlRequest,
  encodeAnswer,
  parseRequest,
  type ResolveOutcome,
} from '../../src/workers/bus/control-message.ts';
import { releaseSocket } from '../../src/workers/bus/release-socket.ts';
import type { Rights } from '../../src/workers/entitlement-messages.ts';
import { nameOf, type SentTick, tickFrame } from './feed-group-scene.ts';

export const HEARTBEAT_MS = 40;

export class FakeFeedHost {
  readonly endpoint: string;
  /** Which start of the host this is. */
  host: string;
  /** Prefixes that somebody is subscribed to. */
  readonly subscribed = new Set<string>();
  /** Every report of a subscription, as `+prefix` and `-prefix`. */
  readonly reports: string[] = [];
  readonly requests: ControlRequest[] = [];
  /** No heartbeats while it is set. */
  isSilent = false;
  /** Answers nothing while it is set, and does not do so later. */
  isDeaf = false;
  /** Users by key. */
  readonly users = new Map<string, string>();
  /** Counts changes of `rights`. */
  entitlements = 0;
  /** Rights by the number of the key; who has none may do everything. */
  readonly rights = new Map<string, Rights>();
  /** What is found of a symbol; by default everything is, without a last value. */
  resolve: (symbol: string) => ResolveOutcome = (symbol) => ({
    status: 'ok',
    instrument: nameOf(symbol),
    hasLast: false,
  });
  /** In place of the usual answers; undefined for those. */
  instead: (request: ControlRequest) => ControlAnswer | string | undefined = () => undefined;
  readonly #ticks: XPublisher;
  readonly #control: Router;
  readonly #timer: NodeJS.Timeout;
  #lastSend: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Bound when it resolves. */
  static async start(t: Pick<TestContext, 'after'>, endpoint: string, host = 'first'): Promise<FakeFeedHost> {
    const fake = new FakeFeedHost(endpoint, host);
    t.after(() => fake.close());
    await fake.#ticks.bind(endpoint);
    await fake.#control.bind(controlEndpointOf(endpoint));
    void fake.#takeSubscriptions().catch(() => {});
    void fake.#takeRequests().catch(() => {});
    return fake;
  }

  constructor(endpoint: string, host: string) {
    this.endpoint = endpoint;
    this.host = host;
    const options = { endpoint, heartbeatMs: HEARTBEAT_MS * 10, curve: null, context: null };
    this.#ticks = createTickPublisher({ ...options, sendHighWaterMark: 100_000 });
    this.#control = createControlServer(options);
    this.#timer = setInterval(() => this.heartbeat(), HEARTBEAT_MS);
  }

  heartbeat(): void {
    const entitlements = this.entitlements;
    if (!this.isSilent) this.sendEvent({ type: 'heartbeat', host: this.host, at: Date.now(), entitlements });
  }

  sendEvent(event: BusEvent): void {
    this.send(encodeEvent(event));
  }

  sendStatus(status: 'live' | 'stale' | 'recovering', revision: number, ...symbols: string[]): void {
    const instruments = symbols.map((symbol) => ({ exchange: 'NSE', symbol }));
    const word = { reason: `${this.host} says`, broker: 'angel', since: revision, instruments };
    this.sendEvent({ type: 'status', revision, status, ...word });
  }

  sendTicks(symbol: string, mode: Mode, ...ticks: SentTick[]): void {
    this.send([
      formatTopic(nameOf(symbol), mode),
      ...ticks.map((tick) => tickFrame(symbol, { ...tick, mode })),
    ]);
  }

  /** Any message, in the order of the calls. */
  send(frames: (string | Buffer)[]): void {
    this.#lastSend = this.#lastSend.then(() => this.#ticks.send(frames)).catch(() => {});
  }

  /** The host dies: no more from it, and its connections end. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#lastSend;
    await Promise.all([releaseSocket(this.#ticks), releaseSocket(this.#control)]);
  }

  async #takeSubscriptions(): Promise<void> {
    for await (const [report] of this.#ticks) {
      const prefix = report!.subarray(1).toString();
      const isNew = report![0] === 1;
      this.reports.push(`${isNew ? '+' : '-'}${prefix}`);
      if (isNew) this.subscribed.add(prefix);
      else this.subscribed.delete(prefix);
      if (prefix === '@heartbeat/' && isNew) this.heartbeat();
    }
  }

  async #takeRequests(): Promise<void> {
    for await (const [peer, frame] of this.#control) {
      const request = parseRequest(frame!);
      if (request.type === 'error' || this.isDeaf) continue;
      this.requests.push(request);
      const answer = this.instead(request) ?? this.#answer(request);
      await this.#control.send([peer!, typeof answer === 'string' ? answer : encodeAnswer(answer)]);
    }
  }

  #answer(request: ControlRequest): ControlAnswer {
    const { id } = request;
    switch (request.type) {
      case 'hello':
        return {
          id,
          type: 'hello',
          protocol: CONTROL_PROTOCOL,
          host: this.host,
          version: '1.2.3',
          supportedBrokers: ['angel'],
          capabilities: [{ broker: 'angel', exchange: '*', depthLevels: [5] }],
          heartbeatMs: HEARTBEAT_MS,
          page: { watch: [], demoKey: null, simulated: false, replayed: false },
        };
      case 'standings': {
        const standings = request.keyIds.map((keyId) => ({
          keyId,
          status: 'good' as const,
          rights: this.rights.get(keyId) ?? null,
        }));
        return { id, type: 'standings', standings };
      }
      case 'verifyKey': {
        const userId = this.users.get(request.key);
        if (userId === undefined) {
          const outcome = {
            status: 'refused',
            code: 'AUTHENTICATION_ERROR',
            message: 'Invalid API key',
          } as const;
          return { id, type: 'keyVerified', outcome, account: null };
        }
        const account = { revision: 1, name: userId, broker: 'angel', hasSession: true, isConnected: true };
        const keyId = `openalgo:${userId}`;
        const key = { userId, keyId, rights: this.rights.get(keyId) ?? null };
        const outcome = { status: 'ok', ...key, account: userId, broker: 'angel' } as const;
        return { id, type: 'keyVerified', outcome, account };
      }
      case 'resolve':
        return {
          id,
          type: 'resolved',
          askedAt: 123,
          outcomes: request.wishes.map(({ symbol }) => this.resolve(symbol)),
          statuses: [],
        };
    }
  }
}

/**
 * This worker's link to one feed host: a socket for ticks and events, one for questions. Proxy worker thread.
 *
 * ```
 * connecting ──hello and heartbeat of the same start──> up <──────────────────┐
 *  ^  └──no hello in time──> away <──nothing heard for three heartbeats,─┤    │
 *  │                          │       or its good-bye                    │    │
 *  │                          └──────heartbeat of the host that said hello│────┘
 *  └──heartbeat of another start of the host──────────────────────────────┘
 * ```
 */
import type { Dealer, XSubscriber } from 'zeromq';
import { controlEndpointOf } from '../bus/bus-address.ts';
import {
  type CurvePeer,
  connectAnew,
  createControlClient,
  createTickSubscriber,
  HEARTBEATS_UNTIL_AWAY,
  subscribeTopic,
  unsubscribeTopic,
} from '../bus/bus-sockets.ts';
import type { ControlAnswer, HelloAnswer } from '../bus/control-message.ts';
import { releaseSocket } from '../bus/release-socket.ts';
import { Capabilities } from '../proxy/capabilities.ts';
import { ControlClient, type Question } from './control-client.ts';
import type { GroupLink, LinkState } from './group-link.ts';
import { LinkSilence, LOOKS_PER_HEARTBEAT } from './link-silence.ts';
import { LinkTopics } from './link-topics.ts';
import { MessageQueue } from './message-queue.ts';
import { StatusBook } from './status-book.ts';

const HEARTBEATS = '@heartbeat/';
/** Of these the host says again what holds, when they are subscribed. */
const STANDING_EVENTS: readonly string[] = ['@status/', '@account/'];
const PASSING_EVENTS: readonly string[] = ['@orders/', '@refused/'];
/** Clients wait for it. Away hosts are asked when they beat. */
const HELLO_AGAIN_MS = 20;
/** One that is lost with a connection is said again before the link is given up. */
const HELLO_ATTEMPTS = 4;

export interface FeedLinkOptions {
  readonly endpoint: string;
  /** Number among the hosts of its feed. */
  readonly host: number;
  readonly receiveHighWaterMark: number;
  readonly heartbeatMs: number;
  readonly controlTimeoutMs: number;
  /** An away host is connected anew so often: ZeroMQ may have given it up. Far above its own attempts, which take 2 s. */
  readonly connectAnewMs: number;
  readonly curve: CurvePeer | null;
  /** A message waits to be drained. */
  readonly onQueued: () => void;
  readonly onState: (link: FeedLink, state: LinkState, detail: string) => void;
  /** The host was started anew: its numbers begin anew too. */
  readonly onReborn: (link: FeedLink) => void;
  readonly fail: (error: unknown) => void;
}

export class FeedLink implements GroupLink {
  readonly endpoint: string;
  readonly host: number;
  readonly queue = new MessageQueue();
  readonly topics: LinkTopics;
  readonly statuses = new StatusBook();
  state: LinkState = 'connecting';
  since = Date.now();
  /** How often it was made anew behind a loss. */
  reconnects = 0;
  hello: HelloAnswer | null = null;
  capabilities: Capabilities | null = null;
  readonly #options: FeedLinkOptions;
  readonly #ticks: XSubscriber;
  readonly #questions: Dealer;
  readonly #control: ControlClient;
  readonly #silence = new LinkSilence(HEARTBEATS_UNTIL_AWAY);
  /** The start of the host whose heartbeats come. */
  #beating = '';
  /** The start of the host that has said good-bye. */
  #left = '';
  #looks = 0;
  #wasUp = false;
  #isAskingHello = false;
  #timer: NodeJS.Timeout | undefined;
  #helloTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #whenUp: ((isUp: boolean) => void)[] = [];

  constructor(options: FeedLinkOptions) {
    const { endpoint, host, heartbeatMs, curve, receiveHighWaterMark } = options;
    this.#options = options;
    this.endpoint = endpoint;
    this.host = host;
    this.#ticks = createTickSubscriber({ endpoint, heartbeatMs, curve, receiveHighWaterMark });
    this.#questions = createControlClient({ endpoint: controlEndpointOf(endpoint), heartbeatMs, curve });
    this.#control = new ControlClient(this.#questions, options.controlTimeoutMs);
    this.topics = new LinkTopics(host, {
      subscribe: (topic) => {
        if (!this.#isClosed) subscribeTopic(this.#ticks, topic);
      },
      unsubscribe: (topic) => {
        if (!this.#isClosed) unsubscribeTopic(this.#ticks, topic);
      },
    });
  }

  get garbage(): number {
    return this.#control.garbage;
  }

  start(): void {
    const { fail, heartbeatMs } = this.#options;
    for (const topic of [HEARTBEATS, ...STANDING_EVENTS, ...PASSING_EVENTS])
      subscribeTopic(this.#ticks, topic);
    this.#ticks.connect(this.endpoint);
    this.#questions.connect(controlEndpointOf(this.endpoint));
    void this.#receiveTicks().catch((error) => this.#isClosed || fail(error));
    void this.#receiveAnswers().catch((error) => this.#isClosed || fail(error));
    this.#timer = setInterval(() => this.#look(), heartbeatMs / LOOKS_PER_HEARTBEAT);
    this.#askHello();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // Whoever still asks learns that there is nobody.
    this.state = 'away';
    clearInterval(this.#timer);
    clearTimeout(this.#helloTimer);
    this.#control.failAll('the proxy stops');
    this.#settleWaiting(false);
    this.queue.clear();
    await Promise.all([releaseSocket(this.#ticks), releaseSocket(this.#questions)]);
  }

  ask(question: Question): Promise<ControlAnswer> {
    return this.#control.ask(question);
  }

  untilDecided(): Promise<boolean> {
    if (this.state !== 'connecting') return Promise.resolve(this.state === 'up');
    return new Promise((resolve) => this.#whenUp.push(resolve));
  }

  onHeartbeat(host: string): void {
    if (host !== this.#beating) {
      const isReborn = this.#beating !== '';
      this.#beating = host;
      if (isReborn) {
        this.statuses.clear();
        this.#options.onReborn(this);
        if (this.state === 'up') this.#become('connecting', 'it was started anew');
      }
    }
    this.#settle();
    if (this.hello?.host !== host) this.#askHello();
  }

  onGoodbye(host: string): void {
    this.#left = host;
    if (host === this.#beating && this.state !== 'away') this.#become('away', 'it was stopped');
  }

  /** Up as soon as the one that beats is the one that said hello. */
  #settle(): void {
    const { hello, state } = this;
    if (state === 'up' || hello === null || hello.host !== this.#beating) return;
    // An answer may come behind the good-bye of who gave it.
    if (hello.host === this.#left) return;
    if (this.#wasUp) {
      this.reconnects++;
      // What it said meanwhile was lost: it says again what holds.
      for (const topic of STANDING_EVENTS) {
        unsubscribeTopic(this.#ticks, topic);
        subscribeTopic(this.#ticks, topic);
      }
    }
    this.#wasUp = true;
    this.#become('up', `version ${hello.version}`);
  }

  #become(state: LinkState, detail: string): void {
    this.state = state;
    this.since = Date.now();
    this.#looks = 0;
    if (state !== 'up') this.#control.failAll(detail);
    this.#options.onState(this, state, detail);
    if (state !== 'connecting') this.#settleWaiting(state === 'up');
  }

  #settleWaiting(isUp: boolean): void {
    const waiting = this.#whenUp;
    this.#whenUp = [];
    for (const resolve of waiting) resolve(isUp);
  }

  #look(): void {
    const { heartbeatMs, controlTimeoutMs, connectAnewMs } = this.#options;
    const lookMs = heartbeatMs / LOOKS_PER_HEARTBEAT;
    this.#looks++;
    this.topics.settle(performance.now());
    const isSilent = this.#silence.look();
    if (this.state === 'connecting' && this.#looks * lookMs >= controlTimeoutMs) {
      this.#become('away', `${this.#whyUnmade()} within ${controlTimeoutMs} ms`);
    } else if (this.state === 'up' && isSilent) {
      this.#become('away', `nothing heard for ${HEARTBEATS_UNTIL_AWAY} heartbeats`);
    } else if (this.state === 'away' && this.#looks * lookMs >= connectAnewMs) {
      this.#looks = 0;
      connectAnew(this.#ticks, this.endpoint);
      connectAnew(this.#questions, controlEndpointOf(this.endpoint));
    }
  }

  #whyUnmade(): string {
    if (this.#beating !== '') return 'its bus is there, its control socket does not answer';
    // ZeroMQ does not say why; the feed host does.
    return this.#options.curve === null
      ? 'no connection'
      : "no connection, or one of the keys is not right: see the feed host's log";
  }

  #askHello(): void {
    if (this.#isAskingHello || this.#isClosed) return;
    this.#isAskingHello = true;
    const again = () => {
      this.#isAskingHello = false;
      if (this.state !== 'away' && (this.hello === null || this.hello.host !== this.#beating)) {
        clearTimeout(this.#helloTimer);
        this.#helloTimer = setTimeout(() => this.#askHello(), HELLO_AGAIN_MS);
      }
    };
    this.#control
      .ask({ type: 'hello' }, this.#options.controlTimeoutMs / HELLO_ATTEMPTS)
      .then(
        (answer) => {
          if (answer.type === 'hello') {
            this.hello = answer;
            this.capabilities = new Capabilities(answer.capabilities);
            this.#settle();
          } else if (answer.type === 'error' && this.state !== 'away') {
            this.#become('away', answer.message);
          }
        },
        () => {},
      )
      .then(again);
  }

  async #receiveTicks(): Promise<void> {
    const { queue } = this;
    const { onQueued } = this.#options;
    while (!this.#isClosed) {
      const message = await this.#ticks.receive();
      this.#silence.heard();
      queue.push(message);
      onQueued();
      const room = queue.room();
      if (room !== null) await room;
    }
  }

  async #receiveAnswers(): Promise<void> {
    // Answers are no sign that ticks could come: the two sockets have connections of their own.
    for await (const [frame] of this.#questions) {
      if (frame !== undefined) this.#control.onFrame(frame);
    }
  }
}

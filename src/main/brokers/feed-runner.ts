/**
 * One feed worker as the control plane sees it: runs it as a long piscina task, starts it again when it fails or is
 * killed, and gives the new one everything that was wished for. Its ring outlives it; the epoch tells its lives apart.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Piscina } from 'piscina';
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import { Backoff } from '../../workers/feed/backoff.ts';
import { LastValueTable } from '../../workers/ring/last-value-table.ts';
import { RING_WORD } from '../../workers/ring/ring-layout.ts';
import { loadPosition } from '../../workers/ring/shared-position.ts';
import { SlotOwners } from '../../workers/ring/slot-owners.ts';
import type {
  FeedCredentials,
  FeedState,
  FeedTask,
  FromFeedWorker,
  ToFeedWorker,
  UpstreamWish,
  WatchFindings,
} from '../../workers/worker-messages.ts';
import { ThreadRecord } from '../metrics/thread-record.ts';
import type { UpstreamChange } from '../subscriptions/subscription-registry.ts';
import { AbandonedSlots } from './abandoned-slots.ts';
import type { FeedEvents } from './feed-events.ts';
import type { MovableFeed } from './token-moves.ts';

/** A feed worker is quick to start; a broker that refuses it is the worker's own backoff. */
const RESTART_BACKOFF = { initialMs: 100, factor: 2, maxMs: 5000, jitter: 0.5 };
const STABLE_AFTER_MS = 30_000;
/** More than the close handshake may take. Who waits longer has no event loop any more, and is killed with the pool. */
const STOP_TIMEOUT_MS = 2000;

export interface FeedRunnerOptions {
  readonly pool: Piscina;
  readonly log: Logger;
  readonly task: Omit<FeedTask, 'epoch'>;
  readonly nextEpoch: () => number;
  readonly onState: (state: FeedState, detail: string) => void;
  /** Instruments that the connection begins or ceases to carry. */
  readonly onCarried: (begun: readonly Instrument[], ended: readonly Instrument[]) => void;
  readonly onWatch: (found: WatchFindings) => void;
  readonly events: FeedEvents;
}

export class FeedRunner implements MovableFeed {
  readonly #options: FeedRunnerOptions;
  readonly #log: Logger;
  readonly #backoff = new Backoff(RESTART_BACKOFF);
  /** What the worker shall carry, by slot; the truth outside any socket. */
  readonly #wished = new Map<number, UpstreamChange>();
  /** Slots that the broker has refused. */
  readonly #refused = new Set<number>();
  readonly #abandoned: AbandonedSlots;
  #credentials: FeedCredentials;
  #port: MessagePort | null = null;
  #done: Promise<void> = Promise.resolve();
  #stopping = false;
  /** The session has ended: a worker that fails is not started before there are tokens again. */
  #isSuspended = false;
  /** The worker is gone, and the tokens that it had are no good: the next one starts with new ones. */
  #awaitsRenewal = false;
  #restart: NodeJS.Timeout | undefined;
  #isRunning = false;
  state: FeedState = 'connecting';
  detail = '';
  /** Of the state, ms since 1970. */
  since = Date.now();
  #epoch = 0;
  restarts = 0;
  counters: Readonly<Record<string, number>> = {};
  readonly record: ThreadRecord;

  constructor(options: FeedRunnerOptions) {
    this.#options = options;
    this.#credentials = options.task.credentials;
    this.record = new ThreadRecord(`feed ${options.task.feed}`);
    const { feed, slotOwners, lastValues } = options.task;
    this.#abandoned = new AbandonedSlots(feed, new SlotOwners(slotOwners), new LastValueTable(lastValues));
    this.#log = options.log.child({ feed: options.task.feed, broker: options.task.broker });
  }

  get feed(): number {
    return this.#options.task.feed;
  }

  get broker(): string {
    return this.#options.task.broker;
  }

  /** Instruments that the connection shall carry. */
  get instruments(): number {
    return this.#wished.size;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get isLive(): boolean {
    return this.state === 'live';
  }

  get ringPosition(): number {
    return loadPosition(new Int32Array(this.#options.task.ring), RING_WORD.TAIL);
  }

  start(): void {
    this.#awaitsRenewal = false;
    this.#isRunning = true;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: FromFeedWorker) => this.#onMessage(message));
    const task: FeedTask = {
      ...this.#options.task,
      credentials: this.#credentials,
      epoch: this.#options.nextEpoch(),
    };
    this.#epoch = task.epoch;
    const startedAt = performance.now();
    const wishes = [...this.#wished.values()].flatMap(wishesOf);
    this.#post({ type: 'subscribe', wishes, epoch: task.epoch });
    this.#done = this.#options.pool.run({ task, port: port2 }, { transferList: [port2] }).then(
      () => {
        port1.close();
        this.#isRunning = false;
        this.record.renew();
        this.#abandoned.clean(() => false);
      },
      (error: unknown) => {
        port1.close();
        this.#isRunning = false;
        this.record.renew();
        this.#onFailure(error, performance.now() - startedAt);
      },
    );
  }

  /**
   * Applies changes of what the connection shall carry.
   *
   * @param returning slots that a connection of the account carried before: they begin a new epoch, higher than the one
   *   under which ticks of that time may still be on their way
   */
  apply(changes: readonly UpstreamChange[], returning: ReadonlySet<number>): void {
    const added: UpstreamWish[] = [];
    const again: UpstreamWish[] = [];
    const removed: UpstreamWish[] = [];
    const begun: Instrument[] = [];
    const ended: Instrument[] = [];
    for (const change of changes) {
      const { instrument } = change;
      const before = this.#wished.get(instrument.slot);
      if (change.mode === 0) ended.push(instrument);
      else if (before === undefined) begun.push(instrument);
      if (change.mode === 0) {
        this.#wished.delete(instrument.slot);
        this.#refused.delete(instrument.slot);
      } else this.#wished.set(instrument.slot, change);
      const wishes = returning.has(instrument.slot) ? again : added;
      if (change.mode !== 0 && change.mode !== before?.mode) wishes.push({ instrument, mode: change.mode });
      if (change.mode === 0 && before !== undefined) removed.push({ instrument, mode: before.mode as Mode });
      if (change.deep && before?.deep !== true) wishes.push({ instrument, mode: MODE.DEEP_DEPTH });
      if (!change.deep && before?.deep === true) removed.push({ instrument, mode: MODE.DEEP_DEPTH });
    }
    this.#options.onCarried(begun, ended);
    if (added.length > 0) this.#post({ type: 'subscribe', wishes: added, epoch: this.#epoch });
    if (again.length > 0) {
      this.#post({ type: 'subscribe', wishes: again, epoch: this.#options.nextEpoch() });
    }
    if (removed.length > 0) this.#post({ type: 'unsubscribe', wishes: removed });
    if (!this.#isRunning) this.#abandoned.free(ended.map(({ slot }) => slot));
  }

  /**
   * Somebody asks for instruments that are subscribed already: those that the broker refused are asked for again, since
   * there may be room by now, and whoever asks shall read of it if there is none.
   */
  askAgain(slots: Iterable<number>): void {
    const wishes: UpstreamWish[] = [];
    for (const slot of slots) {
      const change = this.#refused.delete(slot) ? this.#wished.get(slot) : undefined;
      if (change !== undefined) wishes.push(...wishesOf(change));
    }
    if (wishes.length > 0) this.#post({ type: 'subscribe', wishes, epoch: this.#epoch });
  }

  /** Asks the worker to give instruments to another feed; `onHandedOver` tells when it has. */
  handOver(slots: readonly number[], to: number): void {
    this.#post({ type: 'handOver', slots, to });
  }

  /** Tells the worker of instruments that were given to it. */
  take(slots: readonly number[]): void {
    if (this.#isRunning) this.#post({ type: 'take', slots });
    else this.#abandoned.free(slots.filter((slot) => !this.#wished.has(slot)));
  }

  /** Makes the connection anew with other tokens, or with the same ones after `suspend`. */
  renew(credentials: FeedCredentials): void {
    this.#credentials = credentials;
    this.#isSuspended = false;
    if (this.#awaitsRenewal) this.start();
    else this.#post({ type: 'credentials', credentials });
  }

  /** Closes the connection until `renew`. */
  suspend(reason: string): void {
    this.#isSuspended = true;
    if (this.#restart !== undefined) {
      clearTimeout(this.#restart);
      this.#restart = undefined;
      this.#awaitsRenewal = true;
      // There is no worker that could say so.
      this.#setState('refused', reason);
    }
    this.#post({ type: 'suspend', reason });
  }

  /** Asks the worker to close its socket and leave, and waits for that, but not for ever. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#post({ type: 'stop' });
    const timeUp = new AbortController();
    const deadline = sleep(STOP_TIMEOUT_MS, undefined, { signal: timeUp.signal }).catch(() => {});
    await Promise.race([this.#done, deadline]);
    timeUp.abort();
  }

  #post(message: ToFeedWorker): void {
    this.#port?.postMessage(message);
  }

  #onMessage(message: FromFeedWorker): void {
    switch (message.type) {
      case 'state': {
        const { state, detail } = message;
        // A worker that fails closes its socket too. What it said before is what counts for the next one.
        if (state === 'stopped' && !this.#stopping) break;
        // A connection that is up has asked for everything again.
        if (state === 'live') this.#refused.clear();
        const isBad = state === 'reconnecting' || state === 'refused';
        this.#log[isBad ? 'warn' : 'info']({ state, detail }, 'feed state');
        this.#setState(state, detail);
        break;
      }
      case 'requestError':
        this.#log.warn(message, 'the broker refused a request');
        break;
      case 'unknownText':
        this.#log.warn({ text: message.text }, 'the broker said something that is not understood');
        break;
      case 'requestRefused':
        for (const slot of message.slots) this.#refused.add(slot);
        this.#options.events.onRefused(this, message);
        break;
      case 'recorderTrouble':
        if (message.trouble === null) this.#log.info('the recorder works again');
        else
          this.#log.warn(
            { err: message.trouble },
            'what the broker sends cannot be recorded; the feed goes on',
          );
        break;
      case 'carries':
        this.#options.events.onCarries(this, message.slots);
        break;
      case 'handedOver':
        this.#options.events.onHandedOver(this, message.slots);
        break;
      case 'watch':
        this.#options.onWatch(message);
        if (message.move.length > 0) this.#options.events.onMute(this, message.move);
        break;
      case 'counters':
        this.counters = message.counters;
        this.record.noteCounters(message.counters);
        break;
      case 'measures':
        this.record.noteMeasures(message);
        break;
    }
  }

  #onFailure(error: unknown, aliveMs: number): void {
    if (this.#stopping) {
      this.#abandoned.clean(() => false);
      return;
    }
    this.#abandoned.clean((slot) => this.#wished.has(slot));
    this.#options.events.onGone(this);
    if (this.state === 'refused' || this.#isSuspended) {
      this.#log.error({ err: error }, 'feed worker failed; it waits for new tokens');
      this.#awaitsRenewal = true;
      return;
    }
    this.#setState('reconnecting', error instanceof Error ? error.message : String(error));
    if (aliveMs > STABLE_AFTER_MS) this.#backoff.reset();
    const delayMs = this.#backoff.next();
    this.restarts++;
    this.#log.error({ err: error, delayMs }, 'feed worker failed, starting it again');
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.start();
    }, delayMs);
  }

  #setState(state: FeedState, detail: string): void {
    if (state !== this.state) this.since = Date.now();
    this.state = state;
    this.detail = detail;
    this.#options.onState(state, detail);
    this.#options.events.onState(this);
  }
}

function wishesOf({ instrument, mode, deep }: UpstreamChange): UpstreamWish[] {
  const wishes: UpstreamWish[] = mode === 0 ? [] : [{ instrument, mode }];
  if (deep) wishes.push({ instrument, mode: MODE.DEEP_DEPTH });
  return wishes;
}

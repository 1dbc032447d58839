/**
 * Tells clients with the `status` feature how the feed of their instruments stands: at once for those that they begin to
 * hold, then at each change. Proxy worker thread, at the pace of subscriptions and of changes.
 *
 * A tick that waits for a client is older than the status, and would tell it that ticks come again: it leaves before.
 *
 * A feed that comes and goes must not bury its clients: a status is told to a client at most once a second, and what
 * changes meanwhile waits. Only the present is ever told, so the latest truth always arrives, and what a client costs is
 * bounded by what it holds. A change that concerns many is worked off in slices between which the event loop turns.
 */
import type { ServerMessage } from '../../codec/server-message.ts';
import type { Instrument } from '../../codec/tick.ts';
import type { FeedStatusName, FeedStatusNews } from '../worker-messages.ts';

/** A client's part in it. */
export interface StatusReceiver {
  /** Sends what waits of these instruments for a client that does not get every tick. */
  settle(instruments: Iterable<Instrument>): void;
  send(message: ServerMessage): void;
}

/** Between two messages of the same status to one client. */
const PAUSE_MS = 1000;
/** Changes that come so soon behind one another are told together. */
const GATHER_MS = 20;
/** Instruments that are looked at before the event loop gets its turn; each costs about 1.3 µs when it is told. */
const SLICE = 2000;

/** What was last said of a slot; one object for all slots that it was said of. */
type SlotStatus = Pick<FeedStatusNews, 'status' | 'since' | 'reason' | 'broker'>;

interface HeldInstrument {
  readonly instrument: Instrument;
  told: SlotStatus | undefined;
}

interface Watcher {
  readonly held: Map<number, HeldInstrument>;
  /** When each status was told last, ms of the clock. */
  readonly toldAt: Map<FeedStatusName, number>;
}

export class FeedStatusNotifier {
  readonly #clock: () => number;
  readonly #slots: (SlotStatus | undefined)[] = [];
  readonly #watchers = new Map<StatusReceiver, Watcher>();
  /** Watchers that may have something to be told. */
  readonly #pending = new Set<StatusReceiver>();
  /** Watchers that have something to be told, but not yet. */
  readonly #paused = new Set<StatusReceiver>();
  #pausedMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  /** Messages sent. */
  sent = 0;

  /** @param clock monotonic, in ms */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Clients that are told. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** The control plane says how slots stand from now on. */
  onNews({ status, since, reason, broker, slots }: FeedStatusNews): void {
    const present: SlotStatus = { status, since, reason, broker };
    for (const slot of slots) this.#slots[slot] = present;
    for (const receiver of this.#watchers.keys()) this.#pending.add(receiver);
    if (this.#pending.size > 0) this.#wait(GATHER_MS);
  }

  /** Nobody here holds what the slot stood for; it will stand for something else. */
  forget(slot: number): void {
    this.#slots[slot] = undefined;
  }

  /** A client begins to hold instruments, and is told at once how they stand. Those that it holds already are passed over. */
  hold(receiver: StatusReceiver, instruments: readonly Instrument[]): void {
    const watcher = this.#watcherOf(receiver);
    const fresh: HeldInstrument[] = [];
    for (const instrument of instruments) {
      if (watcher.held.has(instrument.slot)) continue;
      const held: HeldInstrument = { instrument, told: undefined };
      watcher.held.set(instrument.slot, held);
      fresh.push(held);
    }
    if (watcher.held.size === 0) this.#watchers.delete(receiver);
    this.#tell(receiver, watcher, fresh, true);
  }

  /** A client holds what it held under another slot now: it is told with the next changes. */
  holdMoved(receiver: StatusReceiver, instrument: Instrument): void {
    this.#watcherOf(receiver).held.set(instrument.slot, { instrument, told: undefined });
    this.#pending.add(receiver);
    this.#wait(GATHER_MS);
  }

  /** A client holds an instrument no more. */
  release(receiver: StatusReceiver, slot: number): void {
    const watcher = this.#watchers.get(receiver);
    watcher?.held.delete(slot);
    if (watcher?.held.size === 0) this.forgetReceiver(receiver);
  }

  /** A client has gone, with all that it holds and all that it was about to. */
  forgetReceiver(receiver: StatusReceiver): void {
    this.#watchers.delete(receiver);
    this.#pending.delete(receiver);
    this.#paused.delete(receiver);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending.clear();
  }

  #watcherOf(receiver: StatusReceiver): Watcher {
    let watcher = this.#watchers.get(receiver);
    if (watcher === undefined) {
      watcher = { held: new Map(), toldAt: new Map() };
      this.#watchers.set(receiver, watcher);
    }
    return watcher;
  }

  /** Works in `ms`, or earlier if that is planned. */
  #wait(ms: number): void {
    const dueAt = this.#clock() + ms;
    if (this.#timer !== undefined && this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#work();
    }, ms);
  }

  #work(): void {
    let left = SLICE;
    for (const receiver of this.#pending) {
      if (left <= 0) {
        this.#wait(0);
        return;
      }
      this.#pending.delete(receiver);
      const watcher = this.#watchers.get(receiver);
      if (watcher === undefined) continue;
      left -= 1 + watcher.held.size;
      const waitMs = this.#tell(receiver, watcher, watcher.held.values(), false);
      if (waitMs === null) continue;
      this.#paused.add(receiver);
      this.#pausedMs = Math.min(this.#pausedMs, waitMs);
    }
    for (const receiver of this.#paused) this.#pending.add(receiver);
    this.#paused.clear();
    if (this.#pending.size > 0) this.#wait(this.#pausedMs);
    this.#pausedMs = Number.POSITIVE_INFINITY;
  }

  /**
   * Tells a client what it has not been told of these instruments, one message for all that the same was said of.
   * @param isAnswer told at once, whatever was told before
   * @returns ms until the rest may be told, null when there is none
   */
  #tell(
    receiver: StatusReceiver,
    watcher: Watcher,
    instruments: Iterable<HeldInstrument>,
    isAnswer: boolean,
  ): number | null {
    const groups = new Map<SlotStatus, HeldInstrument[]>();
    for (const held of instruments) {
      const present = this.#slots[held.instrument.slot];
      if (present === undefined || isSame(present, held.told)) continue;
      const group = groups.get(present);
      if (group === undefined) groups.set(present, [held]);
      else group.push(held);
    }
    if (groups.size === 0) return null;
    const now = this.#clock();
    let waitMs: number | null = null;
    const told: FeedStatusName[] = [];
    for (const [present, group] of groups) {
      const dueMs = (watcher.toldAt.get(present.status) ?? Number.NEGATIVE_INFINITY) + PAUSE_MS - now;
      if (dueMs > 0 && !isAnswer) {
        waitMs = Math.min(waitMs ?? dueMs, dueMs);
        continue;
      }
      this.sent++;
      const instruments = group.map(({ instrument }) => instrument);
      receiver.settle(instruments);
      receiver.send(messageOf(present, instruments));
      for (const held of group) held.told = present;
      told.push(present.status);
    }
    for (const status of told) watcher.toldAt.set(status, now);
    return waitMs;
  }
}

function isSame(present: SlotStatus, told: SlotStatus | undefined): boolean {
  return (
    present === told ||
    (present.status === told?.status &&
      present.since === told.since &&
      present.reason === told.reason &&
      present.broker === told.broker)
  );
}

function messageOf(
  { status, since, reason, broker }: SlotStatus,
  instruments: readonly Instrument[],
): ServerMessage {
  const names = instruments.map(({ symbol, exchange }) => ({ symbol, exchange }));
  return { type: 'feed_status', status, since, reason, broker, instruments: names };
}

/**
 * An instrument that this worker holds, or is about to: its slot here, its ticks from each host of its feed, who waits for
 * the first of them, and what clients were told of it. Proxy worker thread.
 */
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import type { FeedStatusName } from '../worker-messages.ts';
import { FollowedTicks, type LossCounter } from './followed-ticks.ts';

/** How the feed of an instrument stands; one object for all instruments that the same word was said of. */
export interface StatusWord {
  readonly status: FeedStatusName;
  readonly since: number;
  readonly reason: string;
}

/** Name of an instrument as a map key: no part can contain NUL. */
export function nameKey(broker: string, exchange: string, symbol: string): string {
  return `${broker}\0${exchange}\0${symbol}`;
}

export interface SourceInstrumentOptions {
  readonly instrument: Instrument;
  /** Number of the feed. */
  readonly group: number;
  readonly hosts: number;
  readonly followed: number;
  /** Its epochs are told as higher than this one. */
  readonly floor: number;
  readonly loss: LossCounter;
}

interface Waiter {
  readonly mode: Mode;
  readonly done: () => void;
}

export class SourceInstrument {
  readonly instrument: Instrument;
  readonly group: number;
  readonly key: string;
  readonly base: FollowedTicks;
  readonly deep: FollowedTicks;
  #followed: number;
  #hasSwitched = false;
  /** The host was switched, and its last values are still to be handed over. */
  isSwitched = false;
  /** What clients were told last. */
  told: StatusWord | undefined;
  /** In place of a host's own word: the same with what is to be said of a switch. */
  instead: { readonly word: StatusWord; readonly by: StatusWord } | null = null;
  /** Modes that are subscribed at each host, as bits `1 << mode`. */
  readonly subscribed: number[];
  /** By host: the highest of LTP to DEPTH of which no tick is missed. Lower than its topic's while the mode is raised. */
  readonly established: number[];
  /** Modes that this worker needs, as bits. */
  #needed = 0;
  /** Subscribe requests on their way to who asked, by mode. */
  readonly #raised = [0, 0, 0, 0, 0];
  #waiters: Waiter[] = [];

  constructor({ instrument, group, hosts, followed, floor, loss }: SourceInstrumentOptions) {
    const { broker, exchange, symbol } = instrument;
    this.instrument = instrument;
    this.group = group;
    this.key = nameKey(broker, exchange, symbol);
    this.#followed = followed;
    this.base = new FollowedTicks(hosts, followed, floor, loss);
    this.deep = new FollowedTicks(hosts, followed, floor, loss);
    this.subscribed = new Array<number>(hosts).fill(0);
    this.established = new Array<number>(hosts).fill(MODE.DEPTH);
  }

  /** Host whose ticks clients get. */
  get followed(): number {
    return this.#followed;
  }

  follow(host: number): void {
    this.#followed = host;
    this.#hasSwitched = true;
    this.base.follow(host);
    this.deep.follow(host);
  }

  /** Whether clients may have read higher epochs than those of the host that is followed. */
  get isRenumbered(): boolean {
    return this.#hasSwitched || this.base.isShifted || this.deep.isShifted;
  }

  ticks(mode: number): FollowedTicks {
    return mode === MODE.DEEP_DEPTH ? this.deep : this.base;
  }

  need(modes: number): void {
    this.#needed = modes;
  }

  /** Needs a mode until `lower`, whatever `need` says. */
  raise(mode: Mode): void {
    this.#raised[mode]!++;
  }

  lower(mode: Mode): void {
    this.#raised[mode]!--;
  }

  /** Modes that somebody here wants, as bits. */
  get wanted(): number {
    let bits = this.#needed;
    for (const mode of Object.values(MODE)) if (this.#raised[mode]! > 0) bits |= 1 << mode;
    return bits;
  }

  /** Whether ticks that hold what `mode` has are wanted here anyway. */
  holds(mode: Mode): boolean {
    const bits = this.wanted;
    if (mode === MODE.DEEP_DEPTH) return (bits & (1 << mode)) !== 0;
    return (bits & ~(1 << MODE.DEEP_DEPTH)) >> mode !== 0;
  }

  /** The modes whose topics are subscribed for it: the highest of LTP to DEPTH, and the overlay. */
  get topicModes(): number {
    const bits = this.wanted;
    let modes = bits & (1 << MODE.DEEP_DEPTH);
    for (const mode of [MODE.DEPTH, MODE.QUOTE, MODE.LTP]) {
      if ((bits & (1 << mode)) === 0) continue;
      modes |= 1 << mode;
      break;
    }
    return modes;
  }

  /** Whether there is a last value that holds what `mode` has, and no tick in this mode can be missed behind it. */
  hasLast(mode: Mode): boolean {
    if (this.ticks(mode).last.mode < mode) return false;
    return mode === MODE.DEEP_DEPTH || mode <= this.established[this.#followed]!;
  }

  /** Resolves when there is such a value. Give it up with `stopWaiting`. */
  waitForLast(mode: Mode, done: () => void): void {
    this.#waiters.push({ mode, done });
  }

  stopWaiting(done: () => void): void {
    this.#waiters = this.#waiters.filter((waiter) => waiter.done !== done);
  }

  /** A message was taken. Hot path: looks at a length as long as nobody waits. */
  onTaken(): void {
    if (this.#waiters.length > 0) this.#tellWaiters();
  }

  #tellWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ mode }) => !this.hasLast(mode));
    for (const { mode, done } of waiters) if (this.hasLast(mode)) done();
  }
}

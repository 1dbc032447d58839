/**
 * How the feed of the instruments stands that the bus has subscribed, by their names: main speaks of slots, which mean
 * nothing to another host. What changes is gathered, so that one event tells of all instruments of which the same is said.
 * Bus worker thread, at the pace of subscriptions and of changes.
 */
import type { Instrument } from '../../codec/tick.ts';
import type { FeedStatusNews } from '../worker-messages.ts';
import type { StatusEvent } from './bus-event.ts';
import { nameKey } from './bus-instrument.ts';

/** Instruments of one event: it shall not hold up the ticks behind it. */
const MAX_INSTRUMENTS = 1000;

type Standing = Pick<FeedStatusNews, 'status' | 'since' | 'reason' | 'broker'>;
type Statement = Standing & { readonly revision: number };

interface HeldName {
  readonly instrument: Instrument;
  /** What was said of it last. */
  stated: Statement | undefined;
}

export class BusStatuses {
  /** The next revision; it rises over the life of feed hosts too. */
  readonly #revise: () => number;
  /** What main said last, by slot; one object for all slots of which it said so at once. */
  readonly #slots: (Standing | undefined)[] = [];
  /** The instruments that the bus has subscribed, by name, and the names by slot. */
  readonly #names = new Map<string, HeldName>();
  readonly #held = new Map<number, HeldName>();
  /** Names of which something may have to be said. */
  readonly #changed = new Set<HeldName>();
  /** Names that are held no more, of which that has to be said. */
  readonly #left = new Set<HeldName>();

  constructor(revise: () => number) {
    this.#revise = revise;
  }

  /** The instrument of a slot that the bus has subscribed. */
  instrumentOf(slot: number): Instrument | undefined {
    return this.#held.get(slot)?.instrument;
  }

  /** Whether the broker session behind a slot has ended. */
  isEnded(slot: number): boolean {
    return this.#slots[slot]?.status === 'session_expired';
  }

  onNews({ status, since, reason, broker, slots }: FeedStatusNews): void {
    const standing: Standing = { status, since, reason, broker };
    for (const slot of slots) {
      this.#slots[slot] = standing;
      const name = this.#held.get(slot);
      if (name !== undefined) this.#changed.add(name);
    }
  }

  /** An instrument is subscribed, or has another slot from now on. */
  hold(instrument: Instrument): void {
    if (this.#held.has(instrument.slot)) return;
    const key = nameKey(instrument);
    const before = this.#names.get(key);
    if (before !== undefined) this.#held.delete(before.instrument.slot);
    const name = { instrument, stated: before?.stated };
    this.#names.set(key, name);
    this.#held.set(instrument.slot, name);
    this.#changed.add(name);
  }

  /** An instrument is subscribed no more. */
  release({ slot }: Instrument): void {
    const name = this.#held.get(slot);
    if (name === undefined) return;
    this.#held.delete(slot);
    this.#names.delete(nameKey(name.instrument));
    this.#changed.delete(name);
  }

  /** An instrument is subscribed no more though somebody wants it: its user has left the broker. */
  leave(instrument: Instrument): void {
    const name = this.#held.get(instrument.slot);
    this.release(instrument);
    if (name !== undefined) this.#left.add(name);
  }

  /** What has to be said since the last call. */
  takeChanges(): StatusEvent[] {
    const told = this.#takeLeft();
    const statements = new Map<Standing, Statement>();
    for (const name of this.#changed) {
      const standing = this.#slots[name.instrument.slot];
      if (standing === undefined || isSame(standing, name.stated)) continue;
      let statement = statements.get(standing);
      if (statement === undefined) {
        statement = { ...standing, revision: this.#revise() };
        statements.set(standing, statement);
      }
      name.stated = statement;
      told.push(name);
    }
    this.#changed.clear();
    return eventsOf(told);
  }

  #takeLeft(): HeldName[] {
    const statements = new Map<string, Statement>();
    const told: HeldName[] = [];
    for (const name of this.#left) {
      const { broker } = name.instrument;
      // Another user has it already.
      if (this.#names.has(nameKey(name.instrument))) continue;
      const statement = statements.get(broker) ?? { ...leftStanding(broker), revision: this.#revise() };
      statements.set(broker, statement);
      name.stated = statement;
      told.push(name);
    }
    this.#left.clear();
    return told;
  }

  /** What holds now of all instruments, or of those with these names. */
  present(names?: readonly Pick<Instrument, 'broker' | 'exchange' | 'symbol'>[]): StatusEvent[] {
    if (names === undefined) return eventsOf(this.#names.values());
    return eventsOf(new Set(names.map((name) => this.#names.get(nameKey(name)))));
  }
}

function leftStanding(broker: string): Standing {
  const reason = 'the user is at another broker now';
  return { status: 'session_expired', since: Date.now(), reason, broker };
}

function isSame(standing: Standing, stated: Statement | undefined): boolean {
  return (
    standing.status === stated?.status &&
    standing.since === stated.since &&
    standing.reason === stated.reason &&
    standing.broker === stated.broker
  );
}

function eventsOf(names: Iterable<HeldName | undefined>): StatusEvent[] {
  const groups = new Map<Statement, Instrument[]>();
  for (const name of names) {
    if (name?.stated === undefined) continue;
    const group = groups.get(name.stated);
    if (group === undefined) groups.set(name.stated, [name.instrument]);
    else group.push(name.instrument);
  }
  const events: StatusEvent[] = [];
  for (const [statement, group] of groups) {
    for (let from = 0; from < group.length; from += MAX_INSTRUMENTS) {
      const part = group.slice(from, from + MAX_INSTRUMENTS);
      const instruments = part.map(({ exchange, symbol }) => ({ exchange, symbol }));
      events.push({ type: 'status', ...statement, instruments });
    }
  }
  return events;
}

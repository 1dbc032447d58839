/**
 * One feed: its hosts, of which the ones behind the first stand by, and the instruments of it that this worker holds. Each
 * topic is subscribed at every host; the ticks of one are handed on. Proxy worker thread.
 */
import type { Instrument } from '../../codec/tick.ts';
import type { BusEvent, StatusEvent } from '../bus/bus-event.ts';
import type { IntakeEvents } from '../proxy/proxy-intake.ts';
import type { FeedStatusName } from '../worker-messages.ts';
import { AccountBook } from './account-book.ts';
import { chooseHost } from './choose-host.ts';
import type { LossCounter } from './followed-ticks.ts';
import type { GroupLink } from './group-link.ts';
import { GroupStatuses } from './group-statuses.ts';
import { KeyStandings } from './key-standings.ts';
import type { LocalSlots } from './local-slots.ts';
import { nameKey, SourceInstrument, type StatusWord } from './source-instrument.ts';

/** While it is one of these there is no last value. */
const DOWN: ReadonlySet<FeedStatusName> = new Set(['connecting', 'recovering', 'session_expired']);
/** While it is one of these the last value is stale. */
const SILENT: ReadonlySet<FeedStatusName> = new Set(['stale', 'mute']);

export interface FeedGroupOptions {
  readonly index: number;
  readonly links: readonly GroupLink[];
  readonly slots: LocalSlots<SourceInstrument>;
  readonly loss: LossCounter;
  readonly events: IntakeEvents;
  /** Longest wait for a host that is there and cannot be asked. */
  readonly patienceMs: number;
  /** The last values of the host that is followed now are to be handed over. */
  readonly onSwitched: (entry: SourceInstrument) => void;
}

/** The name of a user among all feeds. */
export function ownerOf(group: number, userId: string): string {
  return `${group}/${userId}`;
}

export class FeedGroup {
  readonly index: number;
  readonly links: readonly GroupLink[];
  readonly accounts: AccountBook;
  readonly keys: KeyStandings;
  readonly #options: FeedGroupOptions;
  readonly #statuses: GroupStatuses;
  readonly #instruments = new Map<string, SourceInstrument>();
  /** By host: the highest epoch that a freed instrument was told under, where that was not this host's own. */
  readonly #floors: number[];
  readonly patienceMs: number;
  /** How often another host was followed. */
  switches = 0;

  constructor(options: FeedGroupOptions) {
    const { index, links, events, patienceMs } = options;
    this.#options = options;
    this.index = index;
    this.patienceMs = patienceMs;
    this.links = links;
    this.#floors = links.map(() => 0);
    this.#statuses = new GroupStatuses(links, (news) => events.onFeedStatus(news));
    this.keys = new KeyStandings(links.length, (standings) =>
      events.onKeyStandings(standings.map((each) => ({ ...each, keyId: ownerOf(index, each.keyId) }))),
    );
    this.accounts = new AccountBook(
      links.length,
      (host) => links[host]!.state === 'up',
      (status, before) => {
        const owner = ownerOf(index, status.name);
        events.onAccount(owner, status);
        const { broker, hasSession } = status;
        const isOther = hasSession && before !== undefined && before.broker !== broker;
        if (isOther) events.onBrokerChanged(owner, broker);
      },
    );
  }

  /** The host to ask first. */
  get present(): GroupLink {
    const { links } = this;
    return (
      links.find(({ state }) => state === 'up') ?? links.find(({ hello }) => hello !== null) ?? links[0]!
    );
  }

  get instruments(): number {
    return this.#instruments.size;
  }

  find(broker: string, exchange: string, symbol: string): SourceInstrument | undefined {
    return this.#instruments.get(nameKey(broker, exchange, symbol));
  }

  /** The instrument of a name, with a slot of its own here. @param host whose ticks it begins with if it is new */
  claim(found: Omit<Instrument, 'slot'>, host: number): SourceInstrument {
    const { slots, loss } = this.#options;
    const known = this.find(found.broker, found.exchange, found.symbol);
    if (known !== undefined) return known;
    const entry = slots.claim(
      (slot) =>
        new SourceInstrument({
          instrument: { ...found, slot },
          group: this.index,
          hosts: this.links.length,
          followed: host,
          floor: this.#floors[host]!,
          loss,
        }),
    );
    this.#instruments.set(entry.key, entry);
    return entry;
  }

  /** Subscribes what an instrument needs now; one that nobody needs is given up, and its slot free. */
  update(entry: SourceInstrument): void {
    for (const { topics } of this.links) topics.follow(entry);
    const { slots, events } = this.#options;
    const { slot } = entry.instrument;
    if (entry.wanted !== 0 || slots.get(slot) !== entry) return;
    this.#instruments.delete(entry.key);
    slots.free(slot);
    for (const { host } of this.links) {
      // The epochs of one host rise by themselves.
      if (host === entry.followed && !entry.isRenumbered) continue;
      this.#floors[host] = Math.max(this.#floors[host]!, entry.base.epoch, entry.deep.epoch);
    }
    events.onSlotFreed(slot);
  }

  /** How these instruments stand is told before whoever asked for them is answered. */
  publishStatuses(entries: readonly SourceInstrument[]): void {
    this.#follow(entries);
    this.#statuses.publish(entries, true);
  }

  onEvent(link: GroupLink, event: BusEvent): void {
    const { events } = this.#options;
    switch (event.type) {
      case 'heartbeat':
        if (event.leaving) {
          link.onGoodbye(event.host);
          return;
        }
        link.onHeartbeat(event.host);
        if (event.entitlements !== undefined) {
          this.keys.onHeartbeat(link, `${event.host}/${event.entitlements}`);
        }
        return;
      case 'status':
        this.onStatus(link, event);
        return;
      case 'account':
        this.accounts.note(link.host, event);
        return;
      case 'orders': {
        // Hosts of one feed may hear of the same orders: one of them speaks for the user.
        const host = this.accounts.hostOf(event.userId) ?? this.present.host;
        if (host === link.host) events.onOrderUpdate(ownerOf(this.index, event.userId), event.text);
        return;
      }
      case 'refused': {
        const { broker, mode, code, message, isLimit } = event;
        const slots = event.instruments.flatMap(({ exchange, symbol }) => {
          const entry = this.find(broker, exchange, symbol);
          return entry?.followed === link.host ? [entry.instrument.slot] : [];
        });
        if (slots.length === 0) return;
        events.onRequestRefused({ type: 'requestRefused', slots, mode, code, message, isLimit });
      }
    }
  }

  /** A host says how the feed of instruments stands. */
  onStatus(link: GroupLink, event: StatusEvent): void {
    const { keys, word } = link.statuses.note(event);
    const entries = keys.flatMap((key) => this.#instruments.get(key) ?? []);
    for (const { base, deep } of entries) {
      for (const ticks of [base, deep]) {
        if (DOWN.has(word.status)) ticks.onDown(link.host, word.since);
        else if (SILENT.has(word.status)) ticks.onSilent(link.host);
      }
    }
    this.#follow(entries);
    this.#statuses.publish(entries);
  }

  onLinkState(link: GroupLink, detail: string): void {
    this.#statuses.onLinkState(link, detail);
    const entries = [...this.#instruments.values()];
    if (link.state !== 'up') {
      for (const { base, deep } of entries) {
        base.onSilent(link.host);
        deep.onSilent(link.host);
      }
    }
    this.#follow(entries);
    this.#statuses.publish(entries);
    this.accounts.onLinks();
  }

  onReborn(link: GroupLink): void {
    for (const { base, deep } of this.#instruments.values()) {
      base.onReborn(link.host);
      deep.onReborn(link.host);
    }
    this.accounts.onReborn(link.host);
  }

  /** Sees to it that each of them follows the host that it should. */
  #follow(entries: Iterable<SourceInstrument>): void {
    if (this.links.length === 1) return;
    const words = new Map<StatusWord, StatusWord>();
    for (const entry of entries) {
      const views = this.links.map(({ state, statuses }) => ({
        isUp: state === 'up',
        status: statuses.get(entry.key)?.status ?? null,
      }));
      const host = chooseHost(entry.followed, views);
      if (host === entry.followed) continue;
      const from = this.links[entry.followed]!;
      entry.follow(host);
      this.switches++;
      this.#statuses.onSwitched(entry, from, words);
      this.#options.onSwitched(entry);
    }
  }
}

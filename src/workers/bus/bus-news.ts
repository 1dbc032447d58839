/**
 * The events of a feed host: what is said on the bus beside ticks, and what of it is said again to a new subscriber.
 * What nobody is subscribed to is not sent. Bus worker thread.
 */
import type { Instrument } from '../../codec/tick.ts';
import type { AccountStatus, OrderUpdate, RequestRefused } from '../worker-messages.ts';
import {
  type BusEvent,
  EVENT_MARK,
  encodeEvent,
  eventTopic,
  HEARTBEAT_TOPIC,
  type RevisedAccount,
} from './bus-event.ts';
import type { BusOutlet } from './bus-outlet.ts';
import type { BusStatuses } from './bus-statuses.ts';
import type { BusSubscriptions } from './bus-subscriptions.ts';

export interface BusNewsOptions {
  readonly host: string;
  readonly outlet: Pick<BusOutlet, 'pushEvent'>;
  readonly subscriptions: Pick<BusSubscriptions, 'matches'>;
  readonly statuses: BusStatuses;
  readonly revise: () => number;
}

export class BusNews {
  readonly #options: BusNewsOptions;
  readonly #accounts = new Map<string, RevisedAccount>();
  /** Changes of what keys may do. */
  #entitlements = 0;
  /** Events sent. */
  events = 0;

  constructor(options: BusNewsOptions) {
    this.#options = options;
  }

  /** What is known of a user's session. */
  accountOf(userId: string): RevisedAccount | null {
    return this.#accounts.get(userId) ?? null;
  }

  onAccount({ name, broker, hasSession, isConnected }: AccountStatus): void {
    const account: RevisedAccount = {
      revision: this.#options.revise(),
      name,
      broker,
      hasSession,
      isConnected,
    };
    this.#accounts.set(name, account);
    this.#publish({ type: 'account', ...account });
  }

  onOrderUpdate({ userId, text }: OrderUpdate): void {
    this.#publish({ type: 'orders', userId, text });
  }

  /** Instruments that the bus has not subscribed are another's concern. */
  onRefused({ slots, mode, code, message, isLimit }: RequestRefused): void {
    const byBroker = new Map<string, Instrument[]>();
    for (const slot of slots) {
      const instrument = this.#options.statuses.instrumentOf(slot);
      if (instrument === undefined) continue;
      const group = byBroker.get(instrument.broker);
      if (group === undefined) byBroker.set(instrument.broker, [instrument]);
      else group.push(instrument);
    }
    for (const [broker, group] of byBroker) {
      const instruments = group.map(({ exchange, symbol }) => ({ exchange, symbol }));
      this.#publish({ type: 'refused', broker, mode, code, message, isLimit, instruments });
    }
  }

  /** Says what has changed of the statuses since the last call. */
  publishStatuses(): void {
    for (const event of this.#options.statuses.takeChanges()) this.#publish(event);
  }

  /** Whoever holds keys asks how they stand now. */
  onStandingsChanged(): void {
    this.#entitlements++;
    this.heartbeat();
  }

  heartbeat(): void {
    const { host } = this.#options;
    this.#publish({ type: 'heartbeat', host, at: Date.now(), entitlements: this.#entitlements });
  }

  /** The last words: readers need not wait for silence to know that nothing comes any more. */
  sayGoodbye(): void {
    this.#publish({ type: 'heartbeat', host: this.#options.host, at: Date.now(), leaving: true });
  }

  /** Says again what holds and matches a new subscription. */
  answer(prefix: string): void {
    if (!prefix.startsWith(EVENT_MARK) && prefix !== '') return;
    if (HEARTBEAT_TOPIC.startsWith(prefix)) this.heartbeat();
    for (const account of this.#accounts.values()) {
      if (eventTopic('account', account.name).startsWith(prefix)) {
        this.#publish({ type: 'account', ...account });
      }
    }
    if (!'@status/'.startsWith(prefix) && !prefix.startsWith('@status/')) return;
    for (const event of this.#options.statuses.present()) {
      if (eventTopic('status', event.broker).startsWith(prefix)) this.#publish(event);
    }
  }

  #publish(event: BusEvent): void {
    const message = encodeEvent(event);
    if (!this.#options.subscriptions.matches(message[0])) return;
    this.events++;
    this.#options.outlet.pushEvent(message);
  }
}

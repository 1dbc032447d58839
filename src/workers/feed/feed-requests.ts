/**
 * Asks the broker for what shall be carried, and knows what to do when it complains: brokers confirm nothing, and say of a
 * request that it failed, not what of it. Feed worker thread, at the pace of subscriptions.
 */
import { MODE, type Mode } from '../../codec/tick.ts';
import type { FromFeedWorker } from '../worker-messages.ts';
import { orderChanges } from './change-order.ts';
import type { FeedSubscriptions, TokenChange, TokenEntry } from './feed-subscriptions.ts';
import { RequestLedger } from './request-ledger.ts';

/** A broker that talks and talks must not fill the log: so many texts of a connection are shown. */
const LOGGED_TEXTS = 10;

/** One request to the broker, ready to send. */
export interface FeedRequest {
  readonly text: string;
  /** Which answers of the broker are about it; empty when it has none. */
  readonly id: string;
  /** Whether it asks for ticks or ends them. */
  readonly action: 'subscribe' | 'unsubscribe';
  /** The mode that begins or ends. */
  readonly mode: Mode;
  readonly entries: readonly TokenEntry[];
}

/** What a broker says of a request that it does not serve. Parts that it left out are empty. */
export interface RequestComplaint {
  readonly code: string;
  readonly message: string;
  /** Of the request, as in `FeedRequest`. */
  readonly id: string;
  /** Whether the connection has no room for it. */
  readonly isLimit: boolean;
}

export interface FeedRequestsOptions {
  readonly subscriptions: FeedSubscriptions;
  /** (token, mode) pairs that the connection may carry, infinite where one mode takes the place of another. */
  readonly pairLimit: number;
  /** Requests that make the changes, in the order in which they must be sent. */
  readonly encode: (changes: readonly TokenChange[]) => readonly FeedRequest[];
  readonly isOpen: () => boolean;
  readonly send: (text: string) => void;
  readonly report: (message: FromFeedWorker) => void;
  /** Takes credentials out of what the broker says. */
  readonly redact: (text: string) => string;
}

export class FeedRequests {
  readonly #options: FeedRequestsOptions;
  readonly #ledger = new RequestLedger();
  /** Texts that are about nothing that was asked, since the connection is up. */
  #strayTexts = 0;
  readonly counts = { requestErrors: 0, pairsRefused: 0, unknownText: 0 };

  constructor(options: FeedRequestsOptions) {
    this.#options = options;
  }

  /**
   * Asks for what tokens shall have and have not yet, and ends what they shall not have. On a connection that is not open
   * nothing is carried; everything is asked for when it is.
   */
  ask(entries: Iterable<TokenEntry>): void {
    const { isOpen, subscriptions, pairLimit } = this.#options;
    if (!isOpen()) return;
    const before = subscriptions.pairs;
    this.#send(orderChanges(subscriptions.takeChanges(entries), before, pairLimit));
  }

  /** Ends what the connection carries of tokens and asks for it again: a broker ignores a subscribe of what it carries. */
  renew(entries: Iterable<TokenEntry>): void {
    if (!this.#options.isOpen()) return;
    const carried = [...entries].filter((entry) => entry.carried !== 0);
    this.#send([
      carried.map((entry) => ({ entry, from: entry.carried, to: 0 })),
      carried.map((entry) => ({ entry, from: 0, to: entry.carried })),
    ]);
  }

  /** The connection is gone, and with it everything that was asked. */
  forget(): void {
    this.#ledger.clear();
    this.#strayTexts = 0;
  }

  /**
   * The broker refused a request. What it asked for is asked for again: for want of room once, if room was made meanwhile,
   * otherwise in halves, until the token is alone that spoils it. What is refused then is not carried, and main is told.
   */
  onComplaint({ code, message, id, isLimit }: RequestComplaint): void {
    const { subscriptions, report, redact } = this.#options;
    this.counts.requestErrors++;
    const text = redact(message);
    const sent = this.#ledger.take(id);
    if (sent !== undefined || this.#strayTexts++ < LOGGED_TEXTS) {
      report({ type: 'requestError', code, message: text, correlationId: id });
    }
    if (sent === undefined) return;
    const { mode } = sent.request;
    const entries = subscriptions.dropCarried(sent.request.entries, mode);
    if (isLimit ? sent.madeRoom : entries.length > 1) {
      const middle = isLimit ? entries.length : Math.ceil(entries.length / 2);
      this.#askAgain(entries.slice(0, middle), mode);
      this.#askAgain(entries.slice(middle), mode);
    } else if (entries.length > 0) {
      this.counts.pairsRefused += entries.length;
      report({ type: 'requestRefused', code, message: text, isLimit, mode, slots: slotsOf(entries, mode) });
    }
  }

  /** The broker sent a text that means nothing to us. One that names a request is taken for a complaint about it. */
  onUnknownText(text: string): void {
    this.counts.unknownText++;
    const id = this.#ledger.idIn(text);
    if (id !== '') this.onComplaint({ code: '', message: text, id, isLimit: false });
    else if (this.#strayTexts++ < LOGGED_TEXTS) {
      this.#options.report({ type: 'unknownText', text: this.#options.redact(text) });
    }
  }

  #askAgain(entries: readonly TokenEntry[], mode: Mode): void {
    this.#send([this.#options.subscriptions.addCarried(entries, mode)]);
  }

  #send(steps: readonly (readonly TokenChange[])[]): void {
    const requests = steps.flatMap((changes) => this.#options.encode(changes));
    const madeRoom = requests.some(({ action }) => action === 'unsubscribe');
    for (const request of requests) {
      if (request.action === 'subscribe') this.#ledger.note({ request, madeRoom });
      this.#options.send(request.text);
    }
  }
}

/** The slots that get ticks of a mode of these tokens. */
function slotsOf(entries: readonly TokenEntry[], mode: Mode): number[] {
  return entries.flatMap(({ feeds }) =>
    feeds
      .filter(({ wished, deep }) => (mode === MODE.DEEP_DEPTH ? deep : wished !== 0))
      .map(({ instrument }) => instrument.slot),
  );
}

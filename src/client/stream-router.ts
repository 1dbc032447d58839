/** Brings what the server says of instruments to their streams. */
import { type FeedStatus, instrumentName, readFeedStatus, readGap, readReceipt } from './notice.ts';
import type { StreamTable } from './stream-table.ts';
import { readTickHead } from './tick-reader.ts';
import { TickwireError } from './tickwire-error.ts';
import { messagesOf, numberOf, textOf, type WireMessage } from './wire.ts';

export class StreamRouter {
  readonly #streams: StreamTable;
  readonly #onStatus: (status: FeedStatus) => void;

  constructor(streams: StreamTable, onStatus: (status: FeedStatus) => void) {
    this.#streams = streams;
    this.#onStatus = onStatus;
  }

  /** @returns false for a message of another kind */
  take(message: WireMessage): boolean {
    switch (message.type) {
      case 'market_data':
        this.#takeTick(message);
        return true;
      case 'gap':
        this.#takeGap(message);
        return true;
      case 'receipt':
        this.#streams.get(nameOf(message), numberOf(message.mode) ?? 0)?.takeReceipt(readReceipt(message));
        return true;
      case 'feed_status':
        this.#takeStatus(message);
        return true;
      case 'subscription_ended':
        this.#takeEnd(message);
        return true;
      default:
        return message.code === 'BROKER_REFUSED' && this.#takeRefusal(message);
    }
  }

  #takeTick(message: WireMessage): void {
    const head = readTickHead(message);
    // What was unsubscribed may still come until that is confirmed.
    if (head !== null) this.#streams.get(head.instrument, head.wireMode)?.takeTick(message, head);
  }

  #takeGap(message: WireMessage): void {
    const gap = readGap(message);
    const mode = numberOf(message.mode);
    for (const stream of this.#streams.of(nameOf(message))) {
      if (mode === null || mode === stream.terms.wireMode) stream.takeGap(gap);
    }
  }

  #takeStatus(message: WireMessage): void {
    const status = readFeedStatus(message);
    for (const instrument of status.instruments) {
      for (const stream of this.#streams.of(instrument)) stream.takeStatus(status);
    }
    this.#onStatus(status);
  }

  /** The operator took a right away. */
  #takeEnd(message: WireMessage): void {
    for (const entry of messagesOf(message.subscriptions)) {
      const instrument = nameOf(entry);
      const stream = this.#streams.get(instrument, numberOf(entry.mode) ?? 0);
      if (stream === undefined) continue;
      this.#streams.delete(stream);
      stream.end(new TickwireError(textOf(message.code), textOf(message.message), instrument));
    }
  }

  #takeRefusal(message: WireMessage): boolean {
    const instrument = nameOf(message);
    const error = new TickwireError('BROKER_REFUSED', textOf(message.message), instrument);
    let isKnown = false;
    for (const stream of this.#streams.of(instrument)) {
      stream.takeRefusal(error);
      isKnown = true;
    }
    return isKnown;
  }
}

function nameOf({ exchange, symbol }: WireMessage): string {
  return instrumentName(textOf(exchange), textOf(symbol));
}

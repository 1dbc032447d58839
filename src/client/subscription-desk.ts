/**
 * Makes what the server holds for this connection the same as what the program wants: whatever it wants, drops or wants again
 * in the meantime, and whatever came back with a session.
 */

import { boundedWait } from './bounded-wait.ts';
import { instrumentName } from './notice.ts';
import { errorOf, type RequestLine } from './request-line.ts';
import type { Stream } from './stream.ts';
import type { StreamTable } from './stream-table.ts';
import { isSameTerms, type Terms } from './terms.ts';
import { WIRE_MODE } from './tick-reader.ts';
import { TickwireError } from './tickwire-error.ts';
import { messagesOf, numberOf, textOf, type WireMessage } from './wire.ts';

/** Symbols in one request; fewer when the operator allows fewer. */
const MAX_BATCH = 100;
/** Until what was refused for a reason that passes is asked for again. */
const RETRY_MS = 3000;
/** Refusals that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(['FEED_UNAVAILABLE', 'BROKER_ERROR', 'BROKER_INIT_ERROR']);
/** Names of modes as confirmations spell them; mode 4 comes as a number. */
const MODE_NAMES: ReadonlyMap<string, number> = new Map([
  ['LTP', WIRE_MODE.LTP],
  ['Quote', WIRE_MODE.QUOTE],
  ['Depth', WIRE_MODE.DEPTH],
]);

/** What the server holds that nobody wants. */
interface Leftover {
  readonly symbol: string;
  readonly exchange: string;
  readonly mode: number;
}

/** Of a subscription that is refused, or asked for again later. @param isHeard whether somebody who subscribed hears of it */
type OnError = (error: TickwireError, isHeard: boolean) => void;

export class SubscriptionDesk {
  readonly #streams: StreamTable;
  readonly #onError: OnError;
  readonly #leftovers: Leftover[] = [];
  #line: RequestLine | null = null;
  #batch = MAX_BATCH;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isPlanned = false;
  #wantsOrders = false;
  #hasOrders = false;

  constructor(streams: StreamTable, onError: OnError) {
    this.#streams = streams;
    this.#onError = onError;
  }

  get wantsOrders(): boolean {
    return this.#wantsOrders;
  }

  set wantsOrders(wants: boolean) {
    this.#wantsOrders = wants;
    this.plan();
  }

  /** The connection is ready for requests. */
  open(line: RequestLine): void {
    this.#line = line;
    this.plan();
  }

  /** It has ended, and with it what it held. */
  close(): void {
    clearTimeout(this.#pause);
    clearTimeout(this.#retry);
    this.#pause = undefined;
    this.#retry = undefined;
    this.#line?.end();
    this.#line = null;
    this.#hasOrders = false;
    this.#leftovers.length = 0;
    for (const stream of [...this.#streams.all()]) {
      if (stream.readers.size === 0) this.#drop(stream);
      else stream.leave();
    }
  }

  /** Looks in the next turn at what is to be done, so that subscriptions made together are asked for together. */
  plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#ask();
    });
  }

  /** Nobody may want it any more. Resolves when the server has been told, or need not be. */
  release(stream: Stream): Promise<void> {
    if (stream.readers.size > 0) return Promise.resolve();
    if (stream.place === 'wanted' || stream.place === 'retry') {
      this.#streams.delete(stream);
      return Promise.resolve();
    }
    this.plan();
    return stream.untilLeft();
  }

  /** A portion of what came back with the session; before `open`. What did not come back, or on other terms, is asked for anew. */
  takeResumed(message: WireMessage): void {
    this.#hasOrders = message.orders === true;
    for (const entry of messagesOf(message.subscriptions)) {
      if (entry.status !== 'success') continue;
      const mode = entryMode(entry);
      const stream = this.#streams.get(entryName(entry), mode);
      if (stream !== undefined && isOnTerms(entry, stream.terms)) this.#settle(stream, entry, true);
      else this.#leftovers.push({ symbol: textOf(entry.symbol), exchange: textOf(entry.exchange), mode });
    }
  }

  /** The right to order updates was taken away. */
  onOrdersEnded(): void {
    this.#hasOrders = false;
    this.#wantsOrders = false;
  }

  #ask(): void {
    if (this.#line === null || this.#line.isBusy || this.#pause !== undefined) return;
    const leftovers = this.#leftovers.splice(0, this.#batch);
    const isLeft = (stream: Stream) => stream.place === 'held' && stream.readers.size === 0;
    const left = this.#pick(isLeft, this.#batch - leftovers.length);
    if (leftovers.length + left.length > 0) return void this.#unsubscribe(leftovers, left);
    const first = this.#pick((stream) => stream.place === 'wanted', 1)[0];
    if (first !== undefined) {
      const { wireMode } = first.terms;
      const isAlike = ({ place, terms }: Stream) =>
        place === 'wanted' && terms.wireMode === wireMode && isSameTerms(terms, first.terms);
      return void this.#subscribe(this.#pick(isAlike));
    }
    if (this.#wantsOrders !== this.#hasOrders) this.#askForOrders(this.#wantsOrders);
  }

  #pick(fits: (stream: Stream) => boolean, limit = this.#batch): Stream[] {
    const picked: Stream[] = [];
    for (const stream of this.#streams.all()) {
      if (picked.length === limit) break;
      if (fits(stream)) picked.push(stream);
    }
    return picked;
  }

  #subscribe(streams: readonly Stream[]): void {
    const { wireMode, levels, slow, maxRate } = streams[0]!.terms;
    for (const stream of streams) stream.place = 'asked';
    const request = {
      action: 'subscribe',
      symbols: streams.map(({ terms: { symbol, exchange } }) => ({ symbol, exchange })),
      mode: wireMode,
      depth: levels,
      slow,
      max_rate: maxRate,
    };
    this.#line!.ask(request, (answer) => {
      const error = errorOf(answer);
      if (error !== null) this.#refuse(streams, error, answer);
      for (const entry of messagesOf(answer.subscriptions)) {
        const stream = this.#streams.get(entryName(entry), wireMode);
        if (stream !== undefined) this.#settle(stream, entry, false);
      }
      for (const stream of streams) if (stream.place === 'asked') this.#takeOmission(stream);
      this.#ask();
    });
  }

  #unsubscribe(leftovers: readonly Leftover[], streams: readonly Stream[]): void {
    for (const stream of streams) stream.place = 'leaving';
    const entries = streams.map(({ terms: { symbol, exchange, wireMode } }) => ({
      symbol,
      exchange,
      mode: wireMode,
    }));
    this.#line!.ask({ action: 'unsubscribe', symbols: [...leftovers, ...entries] }, (answer) => {
      const error = errorOf(answer);
      if (error !== null) {
        for (const stream of streams) stream.place = 'held';
        this.#leftovers.push(...leftovers);
        this.#wait(answer);
        this.#onError(error, false);
        return;
      }
      for (const stream of streams) {
        // Somebody may want it again meanwhile.
        if (stream.readers.size > 0) stream.leave();
        else this.#drop(stream);
      }
      this.#ask();
    });
  }

  #askForOrders(wants: boolean): void {
    this.#line!.ask({ action: wants ? 'subscribe_orders' : 'unsubscribe_orders' }, (answer) => {
      const error = errorOf(answer);
      if (error === null) this.#hasOrders = wants;
      else if (this.#isPassing(error)) this.#wait(answer);
      else this.#wantsOrders = this.#hasOrders;
      if (error !== null) this.#onError(error, false);
      this.#ask();
    });
  }

  /** One symbol's part of a confirmation. */
  #settle(stream: Stream, entry: WireMessage, isResumed: boolean): void {
    if (entry.status === 'success') {
      stream.hold(textOf(entry.broker), isResumed);
      for (const reader of stream.readers) reader.confirm();
      return;
    }
    const code = typeof entry.code === 'string' ? entry.code : 'REFUSED';
    const error = new TickwireError(code, textOf(entry.message), stream.instrument);
    if (this.#isPassing(error)) this.#postpone(stream, error);
    else this.#end(stream, error);
  }

  /** A confirmation that says nothing of it. */
  #takeOmission(stream: Stream): void {
    if (this.#streams.get(stream.instrument, stream.terms.wireMode) !== stream) return;
    const message = 'the server confirms a request, and leaves this instrument out; it is asked again';
    this.#postpone(stream, new TickwireError('BAD_MESSAGE', message, stream.instrument));
  }

  /** The request was refused as a whole. */
  #refuse(streams: readonly Stream[], error: TickwireError, answer: WireMessage): void {
    if (error.code === 'RATE_LIMITED') {
      for (const stream of streams) this.#putBack(stream);
      this.#wait(answer);
    } else if (error.code === 'BATCH_TOO_LARGE' && streams.length > 1) {
      this.#batch = Math.max(1, Math.floor(streams.length / 2));
      for (const stream of streams) this.#putBack(stream);
    } else {
      for (const stream of streams) {
        const own = new TickwireError(error.code, error.message, stream.instrument);
        if (this.#isPassing(error)) this.#postpone(stream, own);
        else this.#end(stream, own);
      }
    }
  }

  /** It was not taken, and is asked for again: unless nobody wants it any more. */
  #putBack(stream: Stream): void {
    if (stream.readers.size === 0) this.#drop(stream);
    else stream.place = 'wanted';
  }

  #isPassing({ code }: TickwireError): boolean {
    return PASSING.has(code) || code === 'RATE_LIMITED';
  }

  /** Nothing is asked until the server takes requests again. */
  #wait(answer: WireMessage): void {
    const ms = boundedWait(answer.retry_after_ms) ?? RETRY_MS;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#ask();
    }, ms);
  }

  /** It is asked for again a little later, if anybody wants it; what else there is to ask need not wait for it. */
  #postpone(stream: Stream, error: TickwireError): void {
    if (stream.readers.size === 0) return void this.#drop(stream);
    stream.place = 'retry';
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      for (const each of this.#streams.all()) if (each.place === 'retry') each.place = 'wanted';
      this.#ask();
    }, RETRY_MS);
    let isHeard = false;
    for (const reader of stream.readers) isHeard = reader.emit('error', error) || isHeard;
    this.#onError(error, isHeard);
  }

  #drop(stream: Stream): void {
    this.#streams.delete(stream);
    stream.end(null);
  }

  #end(stream: Stream, error: TickwireError): void {
    this.#streams.delete(stream);
    this.#onError(error, stream.end(error));
  }
}

function entryName({ exchange, symbol }: WireMessage): string {
  return instrumentName(textOf(exchange), textOf(symbol));
}

/** Whether what came back is what is wanted: it may have been dropped meanwhile, and subscribed again on other terms. */
function isOnTerms(entry: WireMessage, { slow, maxRate, levels }: Terms): boolean {
  const isAsFast = entry.slow === slow && entry.max_rate === maxRate;
  return isAsFast && (numberOf(entry.depth_level) ?? levels) === levels;
}

/** 0 where the entry does not say it: what is refused has no mode. */
function entryMode({ mode }: WireMessage): number {
  return numberOf(mode) ?? MODE_NAMES.get(textOf(mode)) ?? 0;
}

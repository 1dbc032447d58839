/**
 * Subscribe and unsubscribe: from a client's request to streams and to the control plane's wishes, and the answers of
 * the deployed dialect. Proxy worker thread.
 */

import {
  parseMode,
  parseSymbols,
  type RawRequest,
  type RequestedSymbol,
} from '../../codec/client-request.ts';
import { FEATURE } from '../../codec/framing.ts';
import type { Json, ServerMessage } from '../../codec/server-message.ts';
import { DEPTH_LEVELS, type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import { modeOf, readInt64, WORD } from '../../codec/tick-message.ts';
import type { SubscribeOutcome } from '../worker-messages.ts';
import { type ClientSession, type Holding, holdingKey } from './client-session.ts';
import type { ControlLink } from './control-link.ts';
import type { SnapshotJoin } from './snapshot-join.ts';
import type { Stream, SubscriptionIndex } from './subscription-index.ts';

export type Refuse = (session: ClientSession, code: string, message: string) => void;

const SUBSCRIBABLE: readonly Mode[] = [MODE.LTP, MODE.QUOTE, MODE.DEPTH];

/** `request_id` is echoed as the last key; null counts as absent. */
function requestId(request: RawRequest): Json | undefined {
  return (request.request_id ?? undefined) as Json | undefined;
}

/** Reads the depth of a request. In modes 1 and 2 the deployed server echoes it unchecked. */
function requestedDepth(request: RawRequest): Json {
  return (request.depth ?? DEPTH_LEVELS) as Json;
}

export class SubscriptionHandler {
  readonly #link: ControlLink;
  readonly #index: SubscriptionIndex;
  readonly #snapshots: SnapshotJoin;

  constructor(link: ControlLink, index: SubscriptionIndex, snapshots: SnapshotJoin) {
    this.#link = link;
    this.#index = index;
    this.#snapshots = snapshots;
  }

  subscribe(session: ClientSession, request: RawRequest, refuse: Refuse): Promise<void> | undefined {
    const parsed = parseSymbols(request, 'At least one symbol must be specified');
    if (!parsed.ok) return void refuse(session, parsed.code, parsed.message);
    const mode = parseMode(request.mode === undefined ? MODE.QUOTE : request.mode);
    if (!mode.ok) return void refuse(session, 'INVALID_MODE', mode.message);
    const { account, broker } = session.identity!;
    if (account === '') return void refuse(session, 'BROKER_ERROR', 'Broker adapter not found');
    const depth = requestedDepth(request);
    if (mode.mode === MODE.DEPTH && depth !== DEPTH_LEVELS) {
      const message = `Invalid depth level ${depth}. Must be ${DEPTH_LEVELS}`;
      const entries = parsed.symbols.map(({ symbol, exchange }) =>
        failedEntry(symbol, exchange, message, broker),
      );
      return void session.send(subscribeAnswer(entries, broker, entries.length > 0, request));
    }
    const askedAt = readInt64(this.#snapshots.now(), 0);
    return this.#link.subscribe(account, mode.mode, parsed.symbols).then((outcomes) => {
      const instruments = outcomes.flatMap((outcome) =>
        outcome.status === 'ok' ? [outcome.instrument] : [],
      );
      try {
        if (!session.open) return;
        const entries = parsed.symbols.map((requested, i) =>
          subscribeEntry(requested, outcomes[i]!, mode.name, depth, broker),
        );
        session.send(subscribeAnswer(entries, broker, instruments.length < outcomes.length, request));
        // After the answer: a client may rely on it that the confirmation precedes the first tick.
        for (const instrument of instruments) this.#hold(session, instrument, mode.mode, askedAt);
      } finally {
        // The control plane counts the subscription already. An answer that cannot be written, say because the echoed
        // request_id is nested too deeply, must not leave it there.
        this.#link.need(instruments.map(({ slot }) => this.#index.need(slot)));
      }
    });
  }

  unsubscribe(session: ClientSession, request: RawRequest, refuse: Refuse): undefined {
    const parsed = parseSymbols(request, 'Either symbols or unsubscribe_all is required');
    if (!parsed.ok) {
      if (request.unsubscribe_all) return this.unsubscribeAll(session, request);
      return void refuse(session, parsed.code, parsed.message);
    }
    const broker = session.identity?.broker ?? '';
    if (!parsed.batch) {
      const mode = parseMode(request.mode === undefined ? MODE.QUOTE : request.mode);
      if (!mode.ok) return void refuse(session, 'INVALID_MODE', mode.message);
    }
    const successful: Json[] = [];
    const failed: Json[] = [];
    const slots = new Set<number>();
    for (const entry of parsed.symbols) {
      const modes = modesToRemove(entry, parsed.batch, request.mode);
      if (typeof modes === 'string') {
        failed.push(failedEntry(entry.symbol, entry.exchange, modes, broker));
        continue;
      }
      const holding = session.holdings.get(holdingKey(entry.exchange, entry.symbol));
      if (holding !== undefined) {
        for (const mode of modes) this.#release(session, holding, mode);
        slots.add(holding.instrument.slot);
      }
      successful.push({ symbol: entry.symbol, exchange: entry.exchange, status: 'success', broker });
    }
    this.#link.need([...slots].map((slot) => this.#index.need(slot)));
    session.send(unsubscribeAnswer(successful, failed, broker, request));
    return undefined;
  }

  unsubscribeAll(session: ClientSession, request: RawRequest): undefined {
    const broker = session.identity?.broker ?? '';
    const successful: Json[] = [];
    for (const { instrument, modes } of session.holdings.values()) {
      const { symbol, exchange } = instrument;
      for (const mode of SUBSCRIBABLE) {
        if ((modes & (1 << mode)) !== 0) successful.push({ symbol, exchange, status: 'success', broker });
      }
    }
    this.releaseAll(session);
    session.send(unsubscribeAnswer(successful, [], broker, request));
    return undefined;
  }

  /** Ends all subscriptions of a client, also one that is gone. */
  releaseAll(session: ClientSession): void {
    const slots: number[] = [];
    for (const holding of [...session.holdings.values()]) {
      for (const mode of SUBSCRIBABLE) this.#release(session, holding, mode);
      slots.push(holding.instrument.slot);
    }
    this.#link.need(slots.map((slot) => this.#index.need(slot)));
  }

  /**
   * Enters a client into the stream of a mode, behind the last value if it asked for one. Without, it still gets a tick
   * that came while the control plane was asked: it may be the exchange's first image, and the next tick hours away.
   */
  #hold(session: ClientSession, instrument: Instrument, mode: Mode, askedAt: number): void {
    const key = holdingKey(instrument.exchange, instrument.symbol);
    const holding = session.holdings.get(key) ?? { instrument, modes: 0 };
    if ((holding.modes & (1 << mode)) !== 0) return;
    const isFirst = holding.modes === 0;
    holding.modes |= 1 << mode;
    session.holdings.set(key, holding);
    const { framing, features } = session.options;
    const stream = this.#index.add(instrument, mode, framing, features);
    this.#sendLast(session, stream, (features & FEATURE.SNAPSHOT) !== 0 ? 0 : askedAt);
    session.socket.subscribe(stream.topic);
    if (!isFirst || (features & FEATURE.SEQUENCE) === 0) return;
    const streams = this.#index.get(instrument.slot)!;
    streams.gapSubscribers[framing]++;
    session.socket.subscribe(streams.gapTopic(framing));
  }

  /** @param since receive time, ns since 1970; an older last value is not sent */
  #sendLast(session: ClientSession, stream: Stream, since: number): void {
    const { words, doubles } = this.#snapshots;
    const streams = this.#index.get(stream.slot)!;
    // A last value of a lower mode than the wished one is no snapshot of it: the first tick will be.
    if (!this.#snapshots.meet(streams, false) || modeOf(words) < stream.view) return;
    if (readInt64(words, WORD.RECEIVE_TIME_NS) < since) return;
    const bytes = stream.encoder.encode(words, doubles, this.#snapshots.now());
    session.sendBytes(bytes, stream.isBinary);
  }

  #release(session: ClientSession, holding: Holding, mode: Mode): void {
    if ((holding.modes & (1 << mode)) === 0) return;
    holding.modes &= ~(1 << mode);
    const { instrument } = holding;
    const { framing, features } = session.options;
    const isLast = holding.modes === 0;
    if (isLast) session.holdings.delete(holdingKey(instrument.exchange, instrument.symbol));
    if (isLast && (features & FEATURE.SEQUENCE) !== 0) {
      const streams = this.#index.get(instrument.slot)!;
      streams.gapSubscribers[framing]--;
      if (session.open) session.socket.unsubscribe(streams.gapTopic(framing));
    }
    const stream = this.#index.remove(instrument.slot, mode, framing, features);
    if (stream !== undefined && session.open) session.socket.unsubscribe(stream.topic);
  }
}

function failedEntry(symbol: string, exchange: string, message: string, broker: string): Json {
  return { symbol, exchange, status: 'error', message, broker };
}

function subscribeEntry(
  { symbol, exchange }: RequestedSymbol,
  outcome: SubscribeOutcome,
  mode: string,
  depth: Json,
  broker: string,
): Json {
  if (outcome.status === 'error') return failedEntry(symbol, exchange, outcome.message, broker);
  return { symbol, exchange, status: 'success', mode, depth, broker };
}

/** `partial` as soon as one entry failed, even when all did: the deployed server never says `error` here. */
function subscribeAnswer(
  entries: Json[],
  broker: string,
  isPartial: boolean,
  request: RawRequest,
): ServerMessage {
  return {
    type: 'subscribe',
    status: isPartial ? 'partial' : 'success',
    subscriptions: entries,
    message: 'Subscription processing complete',
    broker,
    request_id: requestId(request),
  };
}

function unsubscribeAnswer(
  successful: Json[],
  failed: Json[],
  broker: string,
  request: RawRequest,
): ServerMessage {
  const status = failed.length === 0 ? 'success' : successful.length === 0 ? 'error' : 'partial';
  return {
    type: 'unsubscribe',
    status,
    message: 'Unsubscription processing complete',
    successful,
    failed,
    broker,
    request_id: requestId(request),
  };
}

/**
 * The modes that an unsubscribe entry names: its own, else the request's, else (in a batch) all of them. The deployed
 * server ignores a batch's top-level mode and takes Quote where there is none, which leaves two of its own clients with
 * ticks that they unsubscribed; a client that names its modes sees no difference.
 * @returns the modes, or why the entry's mode is refused
 */
function modesToRemove(
  entry: RequestedSymbol,
  isBatch: boolean,
  requestMode: unknown,
): readonly Mode[] | string {
  const given = entry.mode ?? requestMode;
  if (given === undefined) return isBatch ? SUBSCRIBABLE : [MODE.QUOTE];
  const parsed = parseMode(given);
  return parsed.ok ? [parsed.mode] : parsed.message;
}

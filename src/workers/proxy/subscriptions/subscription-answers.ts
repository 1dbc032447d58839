/** Answers to subscribe and unsubscribe, in both dialects. Proxy worker thread. */
import type { RawRequest, RequestedSymbol } from '../../../codec/client-request.ts';
import { brokerTitle, depthNotice } from '../../../codec/dialect.ts';
import { designError, type Json, type JsonList, type ServerMessage } from '../../../codec/server-message.ts';
import { MODE } from '../../../codec/tick.ts';
import type { SubscribeOutcome } from '../../worker-messages.ts';
import { NOT_ENTITLED_CODE } from '../entitlements/entitlement-check.ts';
import type { SubscriptionWish } from './subscription-wish.ts';

/** `request_id` is echoed as the last key; null counts as absent. */
function requestId(request: RawRequest): Json | undefined {
  return (request.request_id ?? undefined) as Json | undefined;
}

/** Codes of refusals that the deployed server does not know: it writes no code into an entry, so these stand behind its keys. */
const OWN_CODES: ReadonlySet<string> = new Set([NOT_ENTITLED_CODE]);

export function failedEntry(
  symbol: string,
  exchange: string,
  message: string,
  broker: string,
): { readonly [key: string]: Json } {
  return { symbol, exchange, status: 'error', message, broker };
}

export function unsupportedDepth(broker: string, exchange: string, level: number): SubscribeOutcome {
  const message = `Depth level ${level} is not supported by broker ${brokerTitle(broker)} for exchange ${exchange}`;
  return { status: 'error', code: 'UNSUPPORTED_DEPTH_LEVEL', message };
}

/** The keys that tell a client of the design what it gets of the depth that it asked for. */
function depthKeys(
  { depthLevel }: SubscriptionWish,
  servedLevel: number,
  levels: readonly number[],
  broker: string,
  exchange: string,
): { [key: string]: Json | undefined } {
  const isSupported = servedLevel === depthLevel;
  return {
    depth_level: depthLevel,
    actual_depth_level: servedLevel,
    broker_supported: isSupported,
    supported_depths: levels,
    broker_message: isSupported ? undefined : depthNotice(broker, exchange, servedLevel),
  };
}

export interface EntryContext {
  readonly wish: SubscriptionWish;
  readonly broker: string;
  /** Depth levels that the broker has on the exchange of the symbol. */
  readonly levels: readonly number[];
  /** Refusals have their code beside the deployed server's keys: the client has chosen a feature, so it reads more than those. */
  readonly hasCodes: boolean;
}

/** One symbol's part of a confirmation. */
export function subscribeEntry(
  { symbol, exchange }: RequestedSymbol,
  outcome: SubscribeOutcome,
  servedLevel: number,
  { wish, broker, levels, hasCodes }: EntryContext,
): Json {
  const { mode, modeName, depth, isDesign, terms } = wish;
  const chosen = { slow: terms.slow ?? undefined, max_rate: terms.maxRate || undefined };
  if (!isDesign) {
    if (outcome.status === 'error') {
      const entry = failedEntry(symbol, exchange, outcome.message, broker);
      return hasCodes || OWN_CODES.has(outcome.code) ? { ...entry, code: outcome.code } : entry;
    }
    return { symbol, exchange, status: 'success', mode: modeName, depth, broker, ...chosen };
  }
  if (outcome.status === 'error') {
    const { code, message } = outcome;
    return { symbol, exchange, status: 'error', mode, code, message, broker };
  }
  const depthPart = mode === MODE.DEEP_DEPTH ? depthKeys(wish, servedLevel, levels, broker, exchange) : {};
  const topic = `${symbol}.${exchange}`;
  return { symbol, exchange, status: 'success', mode, topic, ...depthPart, broker, ...chosen };
}

/** The design's error for a request for one symbol, which names what was asked for. */
export function subscribeError(
  { symbol, exchange }: RequestedSymbol,
  { code, message }: { readonly code: string; readonly message: string },
  { wish, levels }: EntryContext,
): ServerMessage {
  const isDeep = wish.mode === MODE.DEEP_DEPTH;
  return designError(code, message, {
    symbol,
    exchange,
    requested_mode: wish.mode,
    requested_depth: isDeep ? wish.depthLevel : undefined,
    supported_depths: isDeep ? levels : undefined,
  });
}

/** `partial` as soon as one entry failed, even when all did: the deployed server never says `error` here. */
export function subscribeAnswer(
  entries: JsonList,
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

export function unsubscribeAnswer(
  successful: JsonList,
  failed: JsonList,
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

/** The feed handler of Angel One: SmartStream's frames, texts and requests. Feed worker thread. */
import {
  ANOMALY,
  AngelFrame,
  type AngelMode,
  DECODED,
  decodeFrame,
  REJECT_NAMES,
} from '../../codec/angel/frame-decoder.ts';
import { ANGEL_MODE, angelPriceDecimals } from '../../codec/angel/frame-layout.ts';
import { angelHandshakeHeaders } from '../../codec/angel/handshake-headers.ts';
import { InstrumentIndex } from '../../codec/angel/instrument-index.ts';
import { normalise, normaliseDeepDepth, tickModeOf } from '../../codec/angel/normaliser.ts';
import {
  chunk,
  createCorrelationIds,
  encodeRequest,
  HEARTBEAT_TEXT,
} from '../../codec/angel/request-encoder.ts';
import { parseServerText, SUBSCRIPTION_LIMIT } from '../../codec/angel/server-text.ts';
import { MODE } from '../../codec/tick.ts';
import type { TickTemplate } from '../../codec/tick-message.ts';
import type { FeedTask } from '../worker-messages.ts';
import { type FeedContext, FeedHandler } from './feed-handler.ts';
import type { FeedRequest } from './feed-requests.ts';
import type { TokenChange, TokenEntry } from './feed-subscriptions.ts';
import type { Handshake } from './upstream-socket.ts';

const ANOMALY_NAMES = Object.entries(ANOMALY).map(
  ([name, bit]) => [`anomaly_${name.toLowerCase()}`, bit] as const,
);
const ALL_MODES: readonly AngelMode[] = Object.values(ANGEL_MODE);

export class AngelFeed extends FeedHandler {
  protected override readonly heartbeatText = HEARTBEAT_TEXT;
  protected override readonly index = new InstrumentIndex<TokenEntry>();
  readonly #frame = new AngelFrame();
  readonly #nextCorrelationId = createCorrelationIds();
  readonly #rejects: number[] = Object.keys(REJECT_NAMES).map(() => 0);
  readonly #anomalies: number[] = ANOMALY_NAMES.map(() => 0);

  protected override handshake(url: string): Handshake {
    return { url, headers: angelHandshakeHeaders(this.credentials) };
  }

  protected override priceDecimals(segment: number): number {
    return angelPriceDecimals(segment);
  }

  /** Hot path, feed worker thread; neither allocates nor throws. */
  protected override onFrame(view: DataView, offset: number, length: number): void {
    const decoded = this.#frame;
    const result = decodeFrame(view, offset, length, decoded);
    if (result !== DECODED) {
      this.#rejects[result - 1]!++;
      return;
    }
    if (decoded.anomalies !== 0) this.#countAnomalies(decoded.anomalies);
    const entry = this.index.find(decoded);
    this.deliver(entry, tickModeOf(decoded.mode), view, offset, length);
  }

  protected override normalise(template: TickTemplate, latest: TickTemplate | null): number {
    if (template.mode === MODE.DEEP_DEPTH) return normaliseDeepDepth(this.#frame, template, latest);
    return normalise(this.#frame, template);
  }

  protected override onText(text: string): void {
    const message = parseServerText(text);
    if (message.kind === 'error') {
      const { code, correlationId } = message;
      const isLimit = code === SUBSCRIPTION_LIMIT;
      this.onRequestError({ code, message: message.message, id: correlationId, isLimit });
    } else if (message.kind === 'unknown') {
      this.onUnknownText(message.text);
    }
  }

  /** Angel has no "change mode": the new mode is subscribed first, then the old one is unsubscribed. */
  protected override encodeRequests(changes: readonly TokenChange[]): FeedRequest[] {
    return [
      ...this.#encode('subscribe', changes, ({ from, to }) => to & ~from),
      ...this.#encode('unsubscribe', changes, ({ from, to }) => from & ~to),
    ];
  }

  /** @param modesOf which modes of a token the action is about, as bits */
  #encode(
    action: FeedRequest['action'],
    changes: readonly TokenChange[],
    modesOf: (change: TokenChange) => number,
  ): FeedRequest[] {
    return ALL_MODES.flatMap((mode) => {
      const tokens = changes
        .filter((change) => (modesOf(change) & (1 << tickModeOf(mode))) !== 0)
        .map(({ entry }) => ({ exchangeType: entry.segment, token: entry.token, entry }));
      const requests = chunk({ action, mode, tokens }, this.options.chunkTokens, this.#nextCorrelationId);
      return requests.map((request) => ({
        text: encodeRequest(request),
        id: request.correlationId,
        action,
        mode: tickModeOf(mode),
        entries: request.tokens.map(({ entry }) => entry),
      }));
    });
  }

  #countAnomalies(bits: number): void {
    for (let i = 0; i < ANOMALY_NAMES.length; i++) {
      if ((bits & ANOMALY_NAMES[i]![1]) !== 0) this.#anomalies[i]!++;
    }
  }

  protected override brokerCounters(): Record<string, number> {
    const counters: Record<string, number> = {};
    for (const [result, name] of Object.entries(REJECT_NAMES)) {
      counters[`reject_${name}`] = this.#rejects[Number(result) - 1]!;
    }
    ANOMALY_NAMES.forEach(([name], i) => {
      counters[name] = this.#anomalies[i]!;
    });
    return counters;
  }
}

export function createFeedHandler(task: FeedTask, context: FeedContext): FeedHandler {
  return new AngelFeed(task, context);
}

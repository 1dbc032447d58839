/** The feed handler of Zerodha Kite: the ticker's messages, texts and requests. Feed worker thread. */
import { MODE, type Mode } from '../../codec/tick.ts';
import type { TickTemplate } from '../../codec/tick-message.ts';
import { MessageReader } from '../../codec/zerodha/frame-decoder.ts';
import { kitePriceDecimals } from '../../codec/zerodha/frame-layout.ts';
import { kiteHandshake } from '../../codec/zerodha/handshake.ts';
import { depthLevelsOf, normalise, tickModeOf } from '../../codec/zerodha/normaliser.ts';
import {
  chunk,
  encodeRequest,
  type KiteMode,
  type KiteRequest,
} from '../../codec/zerodha/request-encoder.ts';
import { parseServerText } from '../../codec/zerodha/server-text.ts';
import { TokenIndex } from '../../codec/zerodha/token-index.ts';
import type { FeedTask } from '../worker-messages.ts';
import { type FeedContext, FeedHandler } from './feed-handler.ts';
import type { FeedRequest } from './feed-requests.ts';
import type { TokenChange, TokenEntry } from './feed-subscriptions.ts';
import type { Handshake } from './upstream-socket.ts';

const KITE_MODE_NUMBERS = [MODE.LTP, MODE.QUOTE, MODE.DEPTH] as const;

/** The mode that a token has for a set of wished ones: the highest, since its packet holds all lower fields. */
function modeOf(bits: number): KiteMode | null {
  return KITE_MODE_NUMBERS.findLast((mode) => (bits & (1 << mode)) !== 0) ?? null;
}

export class ZerodhaFeed extends FeedHandler {
  /** The server beats by itself and wants nothing. */
  protected override readonly heartbeatText = null;
  protected override readonly index = new TokenIndex<TokenEntry>();
  readonly #reader = new MessageReader();
  readonly #counts = { orders: 0, notices: 0 };

  protected override handshake(url: string): Handshake {
    return kiteHandshake(url, this.credentials);
  }

  protected override priceDecimals(segment: number): number {
    return kitePriceDecimals(segment);
  }

  protected override levels(mode: Mode, segment: number): number {
    return mode === MODE.DEPTH ? depthLevelsOf(segment) : super.levels(mode, segment);
  }

  /** Hot path, feed worker thread; neither allocates nor throws. */
  protected override onFrame(view: DataView, offset: number, length: number): void {
    const reader = this.#reader;
    const { packet } = reader;
    reader.open(view, offset, length);
    while (reader.next()) {
      const mode = tickModeOf(packet.length);
      this.deliver(this.index.find(packet), mode, view, packet.offset, packet.length);
    }
  }

  protected override normalise(template: TickTemplate): number {
    return normalise(this.#reader.packet, template);
  }

  /**
   * Orders are counted and nothing else: every socket of the API key gets each of them, so that a client would read it
   * several times, and OpenAlgo publishes them itself.
   */
  protected override onText(text: string): void {
    const message = parseServerText(text);
    switch (message.kind) {
      case 'error':
        this.onRequestError({ code: '', message: message.message, id: '', isLimit: message.isLimit });
        break;
      case 'order':
        this.#counts.orders++;
        break;
      case 'message':
        this.#counts.notices++;
        break;
      default:
        this.onUnknownText(message.text);
    }
  }

  /** A token has one mode, and the later one replaces the earlier: nothing is ever subscribed twice. */
  protected override encodeRequests(changes: readonly TokenChange[]): FeedRequest[] {
    const moves = changes.map(({ entry, from, to }) => ({ entry, from: modeOf(from), to: modeOf(to) }));
    const requests: FeedRequest[] = [];
    for (const mode of KITE_MODE_NUMBERS) {
      const ended = moves.filter(({ from, to }) => from === mode && to === null);
      const begun = moves.filter(({ from, to }) => from === null && to === mode);
      const changed = moves.filter(({ from, to }) => from !== mode && to === mode);
      requests.push(
        ...this.#encode('unsubscribe', mode, ended, (tokens) => ({ action: 'unsubscribe', tokens })),
        ...this.#encode('subscribe', mode, begun, (tokens) => ({ action: 'subscribe', tokens })),
        ...this.#encode('subscribe', mode, changed, (tokens) => ({ action: 'mode', mode, tokens })),
      );
    }
    return requests;
  }

  #encode(
    action: FeedRequest['action'],
    mode: KiteMode,
    moves: readonly { readonly entry: TokenEntry }[],
    requestOf: (tokens: readonly number[]) => KiteRequest,
  ): FeedRequest[] {
    return chunk(moves, this.options.chunkTokens).map((part) => ({
      text: encodeRequest(requestOf(part.map(({ entry }) => Number(entry.token)))),
      id: '',
      action,
      mode,
      entries: part.map(({ entry }) => entry),
    }));
  }

  protected override brokerCounters(): Record<string, number> {
    return { ...this.#counts, ...this.#reader.counters };
  }
}

export function createFeedHandler(task: FeedTask, context: FeedContext): FeedHandler {
  return new ZerodhaFeed(task, context);
}

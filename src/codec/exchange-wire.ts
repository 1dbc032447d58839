/**
 * The exchange's side of a broker's wire: what a simulated exchange must know to look like that broker. Bytes and texts
 * alone; sockets, prices, traffic, accounts and faults are the simulator's and the same for every broker.
 */
import type { FrameTarget } from './frame-target.ts';
import type { HandshakeRefusal } from './handshake-refusal.ts';
import type { MarketState } from './market-state.ts';
import type { Mode } from './tick.ts';

/** What kind of market an instrument has: whether it has a book, how its price moves. */
export type InstrumentKind = 'index' | 'cash' | 'derivative' | 'currency';

/** An instrument as the wire addresses it. */
export interface WireToken {
  /** The broker's code of the exchange or segment. */
  readonly exchangeType: number;
  readonly token: string;
}

/** What the handshake of a socket may have to say about who connects; a wire uses some of them. */
export interface ExchangeCredentials {
  readonly authToken: string;
  readonly feedToken: string;
  readonly apiKey: string;
  readonly clientCode: string;
}

/** The HTTP request that opens a socket. Header names are in lower case. */
export interface OfferedHandshake {
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface HandshakeVerdict {
  /** Whose connections are counted together. */
  readonly account: string;
  /** null lets the client in. */
  readonly refusal: HandshakeRefusal | null;
}

/** What a text message of the client asks for. */
export type WireRequest =
  | { readonly kind: 'heartbeat'; readonly answer: string }
  /** A request that makes no sense, with the text that the exchange says to it, if any. */
  | { readonly kind: 'fault'; readonly answer: string | null }
  | {
      readonly kind: 'subscribe' | 'unsubscribe';
      readonly mode: Mode;
      readonly tokens: readonly WireToken[];
      /** What the exchange says when the tokens exceed a quota. */
      readonly limitAnswer: string;
    }
  /** Another mode for tokens that are subscribed; others are ignored. */
  | { readonly kind: 'mode'; readonly mode: Mode; readonly tokens: readonly WireToken[] };

/** Bounds of what one connection may hold. */
export interface ExchangeLimits {
  /** Open connections of an account. */
  readonly connections: number;
  /** Subscriptions of a connection: tokens, or pairs of token and mode. */
  readonly subscriptions: number;
  /** A mode that only few tokens of some exchange types may have. */
  readonly scarceMode: {
    readonly mode: Mode;
    readonly tokens: number;
    readonly exchangeTypes: readonly number[];
  } | null;
}

/** A wire that puts several packets into one message. */
export interface MessageHead {
  readonly bytes: number;
  /** Does not allocate, and throws only without room. */
  write(target: FrameTarget, offset: number, packets: number): void;
}

export interface ExchangeWire {
  /** Where the socket is opened; any other path is answered with 404. */
  readonly path: string;
  readonly limits: ExchangeLimits;
  /** A token has one mode per connection, and the later one replaces the earlier. */
  readonly hasOneModePerToken: boolean;
  /** A client that is silent for so long is cut; null: it need not say anything. */
  readonly clientTimeoutMs: number | null;
  /** The binary message that the exchange sends to say that it lives, null if it only answers. */
  readonly heartbeat: { readonly bytes: Uint8Array; readonly intervalMs: number } | null;

  /** @param expected null lets everybody in */
  checkHandshake(offered: OfferedHandshake, expected: ExchangeCredentials | null): HandshakeVerdict;
  /** The answer to one connection too many. */
  readonly connectionLimit: HandshakeRefusal;
  /** The whole HTTP answer to a refused handshake. */
  formatRefusal(refusal: HandshakeRefusal): string;
  /** The credentials that count, in words for whoever wants to connect. */
  describeCredentials(credentials: ExchangeCredentials): string;
  /** Reads a text message; a binary one comes as the empty text. Never throws. */
  readRequest(text: string): WireRequest;

  /** Digits behind the decimal point of an exchange type's prices. */
  priceDecimals(exchangeType: number): number;
  /** The kind of a token that nobody described. */
  guessKind(exchangeType: number, token: string): InstrumentKind;
  /** The token of an instrument of the demo list as it stands in the broker's instrument table. */
  tableToken(row: DemoToken): string;
  /** @throws RangeError for a token that no packet can carry */
  encodeToken(exchangeType: number, token: string): Uint8Array;

  /** null: every packet is a message of its own. */
  readonly messageHead: MessageHead | null;
  /** Length of the longest packet. */
  readonly longestPacket: number;
  /** Length of a packet. Does not allocate. */
  packetBytes(mode: Mode, state: MarketState): number;
  /**
   * Writes a packet at `offset` and returns its length. Runs in the simulated exchange's thread for every tick; does not
   * allocate, and throws only without room.
   */
  encodePacket(mode: Mode, state: MarketState, target: FrameTarget, offset: number): number;
  /** As `encodePacket`, of a mode or length that no client knows; not longer than `longestPacket`. */
  encodeUnknownPacket(mode: Mode, state: MarketState, target: FrameTarget, offset: number): number;
}

/** A row of the demo list, as far as its address goes. The token is Angel's, which for shares is the exchange's own. */
export interface DemoToken {
  readonly symbol: string;
  readonly exchange: string;
  readonly token: string;
}

/** Kite's ticker as a simulated exchange speaks it. */
import type {
  DemoToken,
  ExchangeCredentials,
  ExchangeWire,
  HandshakeVerdict,
  InstrumentKind,
  OfferedHandshake,
} from '../exchange-wire.ts';
import type { FrameTarget } from '../frame-target.ts';
import { formatHttpRefusal } from '../handshake-refusal.ts';
import type { MarketState } from '../market-state.ts';
import { encodePacket, encodeToken, packetLengthOf } from './frame-encoder.ts';
import { COUNT_BYTES, kitePriceDecimals, LENGTH_BYTES, OFFSET, PACKET, SEGMENT } from './frame-layout.ts';
import { parseRequest } from './request-parser.ts';
import { formatTableToken, tokenOf } from './token.ts';

const MAX_TOKENS = 3000;
const HEARTBEAT_INTERVAL_MS = 2000;
/** No layout has this length. */
const UNKNOWN_LENGTH = 16;

/** Kite's segment of an exchange of the demo list. */
const SEGMENTS: ReadonlyMap<string, number> = new Map([
  ['NSE', SEGMENT.NSE],
  ['NFO', SEGMENT.NFO],
  ['CDS', SEGMENT.CDS],
  ['BSE', SEGMENT.BSE],
  ['BFO', SEGMENT.BFO],
  ['MCX', SEGMENT.MCX],
]);
/** Indices have numbers of Kite's own. */
const INDEX_TOKENS: ReadonlyMap<string, number> = new Map([
  ['NIFTY', 256265],
  ['BANKNIFTY', 260105],
  ['FINNIFTY', 257801],
  ['INDIAVIX', 264969],
  ['SENSEX', 265],
]);

const KINDS: ReadonlyMap<number, InstrumentKind> = new Map([
  [SEGMENT.NSE, 'cash'],
  [SEGMENT.BSE, 'cash'],
  [SEGMENT.CDS, 'currency'],
  [SEGMENT.BCD, 'currency'],
  [SEGMENT.INDICES, 'index'],
]);

/** 0 for an instrument that Kite does not have, which no packet carries. */
function demoTokenOf({ symbol, exchange, token }: DemoToken): number {
  const segment = SEGMENTS.get(exchange);
  return segment === undefined ? (INDEX_TOKENS.get(symbol) ?? 0) : tokenOf(Number(token), segment);
}

function checkHandshake({ url }: OfferedHandshake, expected: ExchangeCredentials | null): HandshakeVerdict {
  const query = URL.parse(url, 'ws://localhost')?.searchParams;
  const apiKey = query?.get('api_key') ?? '';
  const isGood =
    expected === null || (apiKey === expected.apiKey && query?.get('access_token') === expected.authToken);
  return { account: apiKey, refusal: isGood ? null : { status: 403 } };
}

function encodeUnknownPacket(_mode: number, state: MarketState, target: FrameTarget, offset: number): number {
  target.view.setUint16(offset, UNKNOWN_LENGTH);
  target.bytes.fill(0, offset + LENGTH_BYTES, offset + LENGTH_BYTES + UNKNOWN_LENGTH);
  target.bytes.set(state.tokenBytes, offset + LENGTH_BYTES + OFFSET.TOKEN);
  return LENGTH_BYTES + UNKNOWN_LENGTH;
}

export const KITE_EXCHANGE_WIRE: ExchangeWire = {
  path: '/',
  limits: { connections: 3, subscriptions: MAX_TOKENS, scarceMode: null },
  hasOneModePerToken: true,
  clientTimeoutMs: null,
  heartbeat: { bytes: Uint8Array.of(0), intervalMs: HEARTBEAT_INTERVAL_MS },
  checkHandshake,
  connectionLimit: { status: 429 },
  // Bodies and headers of the live server's refusals are unknown.
  formatRefusal: ({ status }) => formatHttpRefusal(status, {}, ''),
  describeCredentials: ({ apiKey, authToken }) => `API key ${apiKey}, access token ${authToken}`,
  readRequest: (text) => parseRequest(text, MAX_TOKENS),
  priceDecimals: kitePriceDecimals,
  guessKind: (segment) => KINDS.get(segment) ?? 'derivative',
  tableToken: (row) => formatTableToken(demoTokenOf(row)),
  encodeToken,
  messageHead: {
    bytes: COUNT_BYTES,
    write: ({ view }, offset, packets) => view.setUint16(offset, packets),
  },
  longestPacket: LENGTH_BYTES + PACKET.FULL,
  packetBytes: (mode, { exchangeType }) => LENGTH_BYTES + packetLengthOf(mode, exchangeType),
  encodePacket: (mode, state, target, offset) =>
    encodePacket(packetLengthOf(mode, state.exchangeType), state, target, offset),
  encodeUnknownPacket,
};

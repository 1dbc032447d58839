/** SmartStream as a simulated exchange speaks it. */
import type { ExchangeWire, InstrumentKind, WireRequest } from '../exchange-wire.ts';
import type { FrameTarget } from '../frame-target.ts';
import type { MarketState } from '../market-state.ts';
import { MODE, type Mode } from '../tick.ts';
import { encodeFrame, encodeToken } from './frame-encoder.ts';
import { angelPriceDecimals, EXCHANGE_TYPE, FRAME_BYTES, OFFSET } from './frame-layout.ts';
import {
  findCredentialFault,
  formatRefusal,
  LIMIT_MESSAGE,
  readOfferedCredentials,
  STREAM_PATH,
} from './handshake-check.ts';
import { HEARTBEAT_TEXT } from './request-encoder.ts';
import { formatRequestError, parseSubscriptionRequest } from './request-parser.ts';

const UNKNOWN_MODE = 9;

/** Index tokens of NSE, BSE and MCX start with 999; 26000 and 26009 are old. */
function guessKind(exchangeType: number, token: string): InstrumentKind {
  if (exchangeType === EXCHANGE_TYPE.CDE_FO) return 'currency';
  const cash = exchangeType === EXCHANGE_TYPE.NSE_CM || exchangeType === EXCHANGE_TYPE.BSE_CM;
  if ((cash || exchangeType === EXCHANGE_TYPE.MCX_FO) && /^999\d{5}$/.test(token)) return 'index';
  if (exchangeType === EXCHANGE_TYPE.NSE_CM && (token === '26000' || token === '26009')) return 'index';
  return cash ? 'cash' : 'derivative';
}

function readRequest(text: string): WireRequest {
  if (text === HEARTBEAT_TEXT) return { kind: 'heartbeat', answer: 'pong' };
  const parsed = parseSubscriptionRequest(text);
  if (parsed.request === null) {
    return { kind: 'fault', answer: formatRequestError(parsed.correlationId, 'E1001') };
  }
  const { action, mode, tokens, correlationId } = parsed.request;
  return { kind: action, mode, tokens, limitAnswer: formatRequestError(correlationId, 'E1002') };
}

function encodeUnknownPacket(mode: Mode, state: MarketState, target: FrameTarget, offset: number): number {
  const length = encodeFrame(mode, state, target, offset);
  target.view.setUint8(offset + OFFSET.MODE, UNKNOWN_MODE);
  return length;
}

export const ANGEL_EXCHANGE_WIRE: ExchangeWire = {
  path: STREAM_PATH,
  limits: {
    connections: 3,
    subscriptions: 1000,
    scarceMode: { mode: MODE.DEEP_DEPTH, tokens: 50, exchangeTypes: [EXCHANGE_TYPE.NSE_CM] },
  },
  hasOneModePerToken: false,
  clientTimeoutMs: 35_000,
  heartbeat: null,
  checkHandshake: (offered, expected) => {
    const credentials = readOfferedCredentials(offered);
    const fault = expected === null ? null : findCredentialFault(credentials, expected);
    return {
      account: credentials.clientCode,
      refusal: fault === null ? null : { status: 401, message: fault },
    };
  },
  connectionLimit: { status: 429, message: LIMIT_MESSAGE },
  formatRefusal,
  describeCredentials: ({ clientCode, apiKey, feedToken, authToken }) =>
    `client code ${clientCode}, API key ${apiKey}, feed token ${feedToken}, token ${authToken}`,
  readRequest,
  priceDecimals: angelPriceDecimals,
  guessKind,
  tableToken: ({ token }) => token,
  encodeToken: (_exchangeType, token) => encodeToken(token),
  messageHead: null,
  longestPacket: Math.max(...FRAME_BYTES),
  packetBytes: (mode) => FRAME_BYTES[mode] ?? 0,
  encodePacket: encodeFrame,
  encodeUnknownPacket,
};

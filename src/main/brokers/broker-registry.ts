/**
 * The brokers that the engine can take ticks from: one row each, and the only list of them. Everything that differs by
 * broker outside its codec and its feed handler hangs on its row; configuration, capabilities, quotas and the feed
 * worker's module are read off it.
 */
import { ANGEL_EXCHANGE_WIRE } from '../../codec/angel/exchange-wire.ts';
import { ANGEL_INSTRUMENTS } from '../../codec/angel/scrip-master.ts';
import { angelSegment } from '../../codec/angel/segments.ts';
import type { ExchangeWire } from '../../codec/exchange-wire.ts';
import type { InstrumentSource } from '../../codec/instrument-list.ts';
import { KITE_EXCHANGE_WIRE } from '../../codec/zerodha/exchange-wire.ts';
import { readKiteSession } from '../../codec/zerodha/handshake.ts';
import { KITE_INSTRUMENTS } from '../../codec/zerodha/instrument-list.ts';
import { resolveTableToken } from '../../codec/zerodha/token.ts';
import type { FeedCredentials } from '../../workers/worker-messages.ts';
import type { BrokerSession } from '../auth/broker-session.ts';

/** What the broker allows to one account. */
export interface FeedQuota {
  readonly maxConnections: number;
  /** (token, mode) pairs per connection; a broker with one mode per token counts tokens. */
  readonly maxPairs: number;
  /** Tokens with the deep overlay per connection, which count as pairs too. */
  readonly maxDeepPairs: number;
}

/** An instrument as the broker's wire names it. */
export interface WireAddress {
  /** The broker's code of the segment. */
  readonly segment: number;
  /** Unique inside its segment. */
  readonly token: string;
}

/** What the instrument table says of where an instrument is found. */
export interface TableAddress {
  readonly brexchange: string;
  readonly token: string;
}

/** Depth levels that a broker gives on an exchange; `*` stands for every exchange without a row of its own. */
export interface DepthRow {
  readonly exchange: string;
  /** Levels per side, ascending. */
  readonly levels: readonly number[];
  /** In force only while this setting is on. */
  readonly setting?: 'angelDepth20';
}

type OpenSession = Extract<BrokerSession, { readonly status: 'ok' }>;

interface Row {
  /** OpenAlgo's plugin name. */
  readonly name: string;
  /** In messages to people. */
  readonly title: string;
  /** The feed handler: a file below `workers/`, without extension, that exports `createFeedHandler`. */
  readonly feedModule: string;
  /** Default address of the market-data socket, and the option that names another. */
  readonly stream: { readonly url: string; readonly env: string };
  readonly heartbeat: {
    /** How often the broker wants one from us; null for a broker that wants none. */
    readonly intervalMs: number | null;
    /** A connection without any frame for so long is dead. */
    readonly deadAfterMs: number;
  };
  readonly quota: FeedQuota;
  /** Whether a token has one mode at a time. Else the old mode and the new one count both while a token changes. */
  readonly replacesModes: boolean;
  /** Null for an instrument that the broker does not stream, never a guess. */
  readonly resolve: (address: TableAddress) => WireAddress | null;
  readonly depthRows: readonly DepthRow[];
  /** What the handshake needs of a session. OpenAlgo's user name stands in for a client code that it left empty. */
  readonly credentials: (session: OpenSession, brokerApiKey: string, userName: string) => FeedCredentials;
  /** `HH:MM` in India: when the broker ends the sessions of the day before, at the latest. */
  readonly sessionsEndAt: string;
  /** Whether a session without a feed token gets no ticks. */
  readonly needsFeedToken: boolean;
  /** Instruments that its list has, to an order of magnitude: far less is a part of a list. */
  readonly usualInstruments: number;
  /** The broker's instrument list, for the embedded database; null where only OpenAlgo's table is read. */
  readonly instruments: InstrumentSource | null;
  /** The wire of its simulated exchange. */
  readonly simulated: ExchangeWire;
}

const ANGEL = {
  name: 'angel',
  title: 'Angel One',
  feedModule: 'feed/angel-feed',
  stream: { url: 'wss://smartapisocket.angelone.in/smart-stream', env: 'ANGEL_WS_URL' },
  heartbeat: { intervalMs: 10_000, deadAfterMs: 25_000 },
  quota: { maxConnections: 3, maxPairs: 1000, maxDeepPairs: 50 },
  replacesModes: false,
  resolve: ({ brexchange, token }) => {
    const segment = angelSegment(brexchange);
    return segment === null ? null : { segment, token };
  },
  depthRows: [
    // SnapQuote carries five levels of every instrument.
    { exchange: '*', levels: [5] },
    // Announced to end in April 2025, hence a setting; the simulated exchange has it.
    { exchange: 'NSE', levels: [5, 20], setting: 'angelDepth20' },
  ],
  credentials: ({ authToken, feedToken, clientCode }, brokerApiKey, userName) => ({
    authToken,
    feedToken: feedToken ?? '',
    apiKey: brokerApiKey,
    clientCode: clientCode ?? userName,
  }),
  sessionsEndAt: '05:00',
  needsFeedToken: true,
  usualInstruments: 100_000,
  instruments: ANGEL_INSTRUMENTS,
  simulated: ANGEL_EXCHANGE_WIRE,
} as const satisfies Row;

const ZERODHA = {
  name: 'zerodha',
  title: 'Zerodha',
  feedModule: 'feed/zerodha-feed',
  stream: { url: 'wss://ws.kite.trade', env: 'ZERODHA_WS_URL' },
  // The server beats every couple of seconds and wants nothing.
  heartbeat: { intervalMs: null, deadAfterMs: 10_000 },
  quota: { maxConnections: 3, maxPairs: 3000, maxDeepPairs: 0 },
  replacesModes: true,
  resolve: ({ token }) => resolveTableToken(token),
  depthRows: [{ exchange: '*', levels: [5] }],
  credentials: ({ authToken }, brokerApiKey, userName) => ({
    ...readKiteSession(authToken, brokerApiKey),
    feedToken: '',
    clientCode: userName,
  }),
  sessionsEndAt: '06:00',
  needsFeedToken: false,
  usualInstruments: 100_000,
  instruments: KITE_INSTRUMENTS,
  simulated: KITE_EXCHANGE_WIRE,
} as const satisfies Row;

const ROWS = [ANGEL, ZERODHA] as const satisfies readonly Row[];

export type BrokerName = (typeof ROWS)[number]['name'];

export interface BrokerRow extends Row {
  readonly name: BrokerName;
}

export const BROKER_ROWS: readonly BrokerRow[] = ROWS;

/** The rows by name; a name may come from a database, hence any text. */
export const BROKERS: ReadonlyMap<string, BrokerRow> = new Map(BROKER_ROWS.map((row) => [row.name, row]));

/** Name in the configuration of the option that overrides a broker's stream address. */
export type StreamKey = `${BrokerName}WsUrl`;

export function streamKey(name: BrokerName): StreamKey {
  return `${name}WsUrl`;
}

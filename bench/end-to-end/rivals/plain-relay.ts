/**
 * The plain good Node solution: what an engineer writes in an afternoon with the obvious libraries, without mistakes and
 * without a profile. One thread, the `ws` package on both sides.
 *
 *   load generator ══n × WebSocket══▶ ws ─▶ decode to an object ─▶ JSON.stringify per client ══WebSocket══▶ ws clients
 *
 * It decodes every field of a quote with the calls that Buffer has for it, finds who wants the instrument in a Map, and
 * makes the text once for each client, as servers do whose send function takes an object. It keeps no last value, finds no
 * gap, checks no key, and has quotes as JSON alone.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { OFFSET } from '../../../src/codec/angel/frame-layout.ts';
import { benchSymbol, benchToken, EXCHANGE } from '../bench-instruments.ts';
import { type RelayAddresses, serveRelay } from './relay-program.ts';
import { RelaySubscriptions } from './relay-subscriptions.ts';
import { RelayUpstream } from './relay-upstream.ts';

interface Instrument {
  readonly symbol: string;
  readonly clients: Set<WebSocket>;
}

/** By the broker's token. */
const instruments = new Map<string, Instrument>();

function subscribe(client: WebSocket, index: number): void {
  const token = benchToken(index);
  const instrument = instruments.get(token) ?? { symbol: benchSymbol(index), clients: new Set() };
  instrument.clients.add(client);
  instruments.set(token, instrument);
}

function readToken(packet: Buffer): string {
  return packet.toString('latin1', OFFSET.TOKEN, packet.indexOf(0, OFFSET.TOKEN));
}

function readNumber(packet: Buffer, offset: number): number {
  return Number(packet.readBigInt64LE(offset));
}

function readPrice(packet: Buffer, offset: number): number {
  return readNumber(packet, offset) / 100;
}

function decode(packet: Buffer, symbol: string) {
  const ltp = readPrice(packet, OFFSET.LAST_TRADED_PRICE);
  const close = readPrice(packet, OFFSET.CLOSE);
  const quantity = readNumber(packet, OFFSET.LAST_TRADED_QUANTITY);
  const averagePrice = readPrice(packet, OFFSET.AVERAGE_TRADED_PRICE);
  return {
    type: 'market_data',
    symbol,
    exchange: EXCHANGE,
    mode: 2,
    data: {
      ltp,
      ltt: readNumber(packet, OFFSET.EXCHANGE_TIME_MS),
      volume: readNumber(packet, OFFSET.VOLUME),
      open: readPrice(packet, OFFSET.OPEN),
      high: readPrice(packet, OFFSET.HIGH),
      low: readPrice(packet, OFFSET.LOW),
      close,
      last_trade_quantity: quantity,
      average_price: averagePrice,
      total_buy_quantity: packet.readDoubleLE(OFFSET.TOTAL_BUY_QUANTITY),
      total_sell_quantity: packet.readDoubleLE(OFFSET.TOTAL_SELL_QUANTITY),
      symbol,
      exchange: EXCHANGE,
      mode: 2,
      timestamp: Date.now(),
      avg_trade_price: averagePrice,
      ltq: quantity,
      last_quantity: quantity,
      change: Math.round((ltp - close) * 100) / 100,
      change_percent: Math.round(((ltp - close) / close) * 10_000) / 100,
    },
    broker: 'angel',
  };
}

function publish(packet: Buffer): void {
  const instrument = instruments.get(readToken(packet));
  if (instrument === undefined) return;
  const message = decode(packet, instrument.symbol);
  for (const client of instrument.clients) client.send(JSON.stringify(message));
}

function start({ upstreamUrl }: RelayAddresses): Promise<string> {
  const subscriptions = new RelaySubscriptions<WebSocket>(new RelayUpstream(upstreamUrl, publish));
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (client) => {
    client.on('message', (data) => {
      client.send(subscriptions.answer(client, data.toString(), (index) => subscribe(client, index)));
    });
    client.on('error', () => client.terminate());
    client.on('close', () => {
      for (const { clients } of instruments.values()) clients.delete(client);
      subscriptions.close(client);
    });
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.on('listening', () => resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  });
}

serveRelay(start);

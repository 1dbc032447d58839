/**
 * A decoder of Kite's ticker as one writes it first: a Buffer for each packet, an object for each, prices as decimals. Of
 * packets of 8, 44 and 184 bytes.
 */
import {
  COUNT_BYTES,
  LENGTH_BYTES,
  LEVEL_BYTES,
  LEVEL_OFFSET,
  LEVELS,
  OFFSET,
  PACKET,
} from '../../src/codec/zerodha/frame-layout.ts';

interface NaiveLevel {
  readonly quantity: number;
  readonly price: number;
  readonly orders: number;
}

interface NaiveTick {
  token: number;
  lastPrice: number;
  lastQuantity?: number;
  averagePrice?: number;
  volume?: number;
  totalBuyQuantity?: number;
  totalSellQuantity?: number;
  ohlc?: { readonly open: number; readonly high: number; readonly low: number; readonly close: number };
  lastTradeTime?: Date;
  exchangeTime?: Date;
  openInterest?: number;
  buy?: NaiveLevel[];
  sell?: NaiveLevel[];
}

const PAISE = 100;
const MS_PER_S = 1000;

function splitPackets(message: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let at = COUNT_BYTES;
  for (let left = message.readUInt16BE(0); left > 0; left--) {
    const end = at + LENGTH_BYTES + message.readUInt16BE(at);
    packets.push(message.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return packets;
}

function readSide(packet: Buffer, from: number): NaiveLevel[] {
  return Array.from({ length: LEVELS }, (_, i) => {
    const at = from + i * LEVEL_BYTES;
    return {
      quantity: packet.readUInt32BE(at + LEVEL_OFFSET.QUANTITY),
      price: packet.readInt32BE(at + LEVEL_OFFSET.PRICE) / PAISE,
      orders: packet.readUInt16BE(at + LEVEL_OFFSET.ORDERS),
    };
  });
}

function readPacket(packet: Buffer): NaiveTick {
  const price = (offset: number) => packet.readInt32BE(offset) / PAISE;
  const count = (offset: number) => packet.readUInt32BE(offset);
  const tick: NaiveTick = { token: count(OFFSET.TOKEN), lastPrice: price(OFFSET.LAST_PRICE) };
  if (packet.length >= PACKET.QUOTE) {
    tick.lastQuantity = count(OFFSET.LAST_QUANTITY);
    tick.averagePrice = price(OFFSET.AVERAGE_PRICE);
    tick.volume = count(OFFSET.VOLUME);
    tick.totalBuyQuantity = count(OFFSET.TOTAL_BUY_QUANTITY);
    tick.totalSellQuantity = count(OFFSET.TOTAL_SELL_QUANTITY);
    tick.ohlc = {
      open: price(OFFSET.OPEN),
      high: price(OFFSET.HIGH),
      low: price(OFFSET.LOW),
      close: price(OFFSET.CLOSE),
    };
  }
  if (packet.length === PACKET.FULL) {
    tick.lastTradeTime = new Date(count(OFFSET.LAST_TRADE_TIME) * MS_PER_S);
    tick.exchangeTime = new Date(count(OFFSET.EXCHANGE_TIME) * MS_PER_S);
    tick.openInterest = count(OFFSET.OPEN_INTEREST);
    tick.buy = readSide(packet, OFFSET.BUY);
    tick.sell = readSide(packet, OFFSET.SELL);
  }
  return tick;
}

export function readKiteNaively(message: Buffer): NaiveTick[] {
  return splitPackets(message).map(readPacket);
}

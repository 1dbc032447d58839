/**
 * From the bytes of one ticker message to its packets, one after the other. A packet keeps the wire's meaning: raw
 * integers in price units, times in seconds. Units and meaning are the normaliser's.
 */
import { LEVEL } from '../tick-message.ts';
import { decodeSide } from './best-five-decoder.ts';
import {
  COUNT_BYTES,
  HEARTBEAT_BYTES,
  INDEX_OFFSET,
  isKnownSegment,
  LENGTH_BYTES,
  LEVELS,
  OFFSET,
  PACKET,
  type PacketLength,
  SEGMENT_MASK,
} from './frame-layout.ts';

/**
 * Indexes on `KitePacket.fields` of the low word of each value, the high word follows it: sign or zero, since the wire
 * has 32 bits. The order is that of the tick message, so that the normaliser copies whole runs.
 */
export const FIELD = {
  LAST_PRICE: 0,
  LAST_QUANTITY: 2,
  AVERAGE_PRICE: 4,
  VOLUME: 6,
  OPEN: 8,
  HIGH: 10,
  LOW: 12,
  CLOSE: 14,
  OPEN_INTEREST: 16,
  OPEN_INTEREST_HIGH: 18,
  OPEN_INTEREST_LOW: 20,
} as const;
const FIELD_WORDS = 22;

/** Indexes on `KitePacket.totals`, in units, and on `KitePacket.times`, epoch seconds, 0 for none. */
export const TOTAL = { BUY: 0, SELL: 1 } as const;
export const TIME = { LAST_TRADE: 0, EXCHANGE: 1 } as const;

/** One decoded packet, reused for every packet. Only what its length carries is written; the rest is older. */
export class KitePacket {
  length: PacketLength = PACKET.LTP;
  /** Where the packet begins in the view of its message. */
  offset = 0;
  /** The token as a signed integer of 32 bits: what an index of tokens looks up without an allocation. */
  key = 0;
  readonly fields = new Int32Array(FIELD_WORDS);
  readonly totals = new Uint32Array(2);
  readonly times = new Uint32Array(2);
  /** Levels, best first, in the words of a tick message's levels (`LEVEL`). */
  readonly buy = new Int32Array(LEVELS * LEVEL.WORDS);
  readonly sell = new Int32Array(LEVELS * LEVEL.WORDS);

  get token(): number {
    return this.key >>> 0;
  }

  get segment(): number {
    return this.key & SEGMENT_MASK;
  }
}

/** What is worth counting about messages. All numbers only grow. */
export interface MessageCounters {
  heartbeats: number;
  packets: number;
  /** Packets of a length that is no layout; the rest of their message was read. */
  unknownLengths: number;
  /** Packets of a segment that we do not know: their prices are read with two decimals, as the broker's own SDKs do. */
  unknownSegments: number;
  /** Messages that end before the packets that they announce; those before were read. */
  truncated: number;
  /** Messages with bytes behind their last packet. */
  trailing: number;
}

function createMessageCounters(): MessageCounters {
  return { heartbeats: 0, packets: 0, unknownLengths: 0, unknownSegments: 0, truncated: 0, trailing: 0 };
}

/** Reads message after message. Feed worker; `open` and `next` neither allocate nor throw. */
export class MessageReader {
  readonly packet = new KitePacket();
  readonly counters = createMessageCounters();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #end = 0;
  /** Packets that are announced and not read. */
  #left = 0;

  /**
   * Begins a message.
   *
   * @param view must contain the bytes from `offset` to `offset + length`
   */
  open(view: DataView, offset: number, length: number): void {
    this.#view = view;
    this.#at = offset + COUNT_BYTES;
    this.#end = offset + length;
    this.#left = 0;
    if (length === HEARTBEAT_BYTES) this.counters.heartbeats++;
    else if (length < COUNT_BYTES) this.counters.truncated++;
    else {
      this.#left = view.getUint16(offset);
      if (this.#left === 0) this.#noteEnd();
    }
  }

  /**
   * Decodes the next packet of a known layout into `packet`.
   *
   * @returns false when there is no more
   */
  next(): boolean {
    const view = this.#view;
    while (this.#left > 0) {
      const start = this.#at + LENGTH_BYTES;
      if (start > this.#end) return this.#cut();
      const length = view.getUint16(this.#at);
      if (start + length > this.#end) return this.#cut();
      this.#at = start + length;
      this.#left--;
      const isKnown = decodePacket(view, start, length, this.packet);
      if (this.#left === 0) this.#noteEnd();
      if (isKnown) {
        this.counters.packets++;
        if (!isKnownSegment(this.packet.segment)) this.counters.unknownSegments++;
        return true;
      }
      this.counters.unknownLengths++;
    }
    return false;
  }

  #cut(): false {
    this.counters.truncated++;
    this.#left = 0;
    return false;
  }

  #noteEnd(): void {
    if (this.#at < this.#end) this.counters.trailing++;
  }
}

/**
 * Decodes one packet into `packet`. Feed worker; neither allocates nor throws.
 *
 * @param view must contain the bytes from `offset` to `offset + length`
 * @returns false, with `packet` untouched, for a length that is no layout
 */
function decodePacket(view: DataView, offset: number, length: number, packet: KitePacket): boolean {
  switch (length) {
    case PACKET.LTP:
      break;
    case PACKET.INDEX_QUOTE:
    case PACKET.INDEX_FULL:
      decodeIndex(view, offset, length, packet);
      break;
    case PACKET.QUOTE:
      decodeQuote(view, offset, packet);
      break;
    case PACKET.FULL:
      decodeQuote(view, offset, packet);
      decodeFull(view, offset, packet);
      break;
    default:
      return false;
  }
  packet.length = length;
  packet.offset = offset;
  packet.key = view.getInt32(offset + OFFSET.TOKEN);
  writePrice(packet.fields, FIELD.LAST_PRICE, view.getInt32(offset + OFFSET.LAST_PRICE));
  return true;
}

function decodeIndex(view: DataView, offset: number, length: number, { fields, times }: KitePacket): void {
  writePrice(fields, FIELD.OPEN, view.getInt32(offset + INDEX_OFFSET.OPEN));
  writePrice(fields, FIELD.HIGH, view.getInt32(offset + INDEX_OFFSET.HIGH));
  writePrice(fields, FIELD.LOW, view.getInt32(offset + INDEX_OFFSET.LOW));
  writePrice(fields, FIELD.CLOSE, view.getInt32(offset + INDEX_OFFSET.CLOSE));
  if (length === PACKET.INDEX_FULL)
    times[TIME.EXCHANGE] = view.getUint32(offset + INDEX_OFFSET.EXCHANGE_TIME);
}

function decodeQuote(view: DataView, offset: number, { fields, totals }: KitePacket): void {
  writeCount(fields, FIELD.LAST_QUANTITY, view.getInt32(offset + OFFSET.LAST_QUANTITY));
  writePrice(fields, FIELD.AVERAGE_PRICE, view.getInt32(offset + OFFSET.AVERAGE_PRICE));
  writeCount(fields, FIELD.VOLUME, view.getInt32(offset + OFFSET.VOLUME));
  totals[TOTAL.BUY] = view.getUint32(offset + OFFSET.TOTAL_BUY_QUANTITY);
  totals[TOTAL.SELL] = view.getUint32(offset + OFFSET.TOTAL_SELL_QUANTITY);
  writePrice(fields, FIELD.OPEN, view.getInt32(offset + OFFSET.OPEN));
  writePrice(fields, FIELD.HIGH, view.getInt32(offset + OFFSET.HIGH));
  writePrice(fields, FIELD.LOW, view.getInt32(offset + OFFSET.LOW));
  writePrice(fields, FIELD.CLOSE, view.getInt32(offset + OFFSET.CLOSE));
}

function decodeFull(view: DataView, offset: number, packet: KitePacket): void {
  const { fields, times } = packet;
  times[TIME.LAST_TRADE] = view.getUint32(offset + OFFSET.LAST_TRADE_TIME);
  times[TIME.EXCHANGE] = view.getUint32(offset + OFFSET.EXCHANGE_TIME);
  writeCount(fields, FIELD.OPEN_INTEREST, view.getInt32(offset + OFFSET.OPEN_INTEREST));
  writeCount(fields, FIELD.OPEN_INTEREST_HIGH, view.getInt32(offset + OFFSET.OPEN_INTEREST_HIGH));
  writeCount(fields, FIELD.OPEN_INTEREST_LOW, view.getInt32(offset + OFFSET.OPEN_INTEREST_LOW));
  decodeSide(view, offset + OFFSET.BUY, packet.buy);
  decodeSide(view, offset + OFFSET.SELL, packet.sell);
}

/** Prices may be below zero: spreads, and what once happened to oil. */
function writePrice(fields: Int32Array, at: number, value: number): void {
  fields[at] = value;
  fields[at + 1] = value >> 31;
}

/** The 32 bits of an unsigned value, as the low word. */
function writeCount(fields: Int32Array, at: number, value: number): void {
  fields[at] = value;
  fields[at + 1] = 0;
}

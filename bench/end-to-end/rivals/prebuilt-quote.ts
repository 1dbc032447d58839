/** The engine's quote message with all but two numbers written beforehand: as long as the engine's, valid, and false. */
import { OFFSET } from '../../../src/codec/angel/frame-layout.ts';
import { writeInteger, writePaise } from '../../../src/codec/digit-writer.ts';

const PRICE_PLACE = '#######';
/** A clock of µs needs a thirteenth digit after 11 days, and a fourteenth after 115. */
const VOLUME_PLACE = '##############';
const MESSAGE =
  `{"type": "market_data", "symbol": "BENCH0000", "exchange": "NSE", "mode": 2, "data": {"ltp": ${PRICE_PLACE}, ` +
  `"ltt": 1795394681864, "volume": ${VOLUME_PLACE}, "open": 99.95, "high": 100.05, "low": 99.9, "close": 99.85, ` +
  '"last_trade_quantity": 16, "average_price": 100.0, "total_buy_quantity": 400003.0, ' +
  '"total_sell_quantity": 400013.0, "symbol": "BENCH0000", "exchange": "NSE", "mode": 2, ' +
  '"timestamp": 1795394681865, "avg_trade_price": 100.0, "ltq": 16, "last_quantity": 16, "change": 0.1, ' +
  '"change_percent": 0.1}, "broker": "angel"}';
const PRICE_AT = MESSAGE.indexOf(PRICE_PLACE);
const PRICE_END = PRICE_AT + PRICE_PLACE.length;
const VOLUME_AT = MESSAGE.indexOf(VOLUME_PLACE);
const VOLUME_END = VOLUME_AT + VOLUME_PLACE.length;
const SPACE = 32;
const TWO_32 = 2 ** 32;

export class PrebuiltQuote {
  /** The message, overwritten by the next one. */
  readonly bytes = Buffer.from(MESSAGE);
  readonly #view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);

  /** Takes price and volume from a quote packet. Numbers are followed by blanks, which JSON allows. */
  patch(packet: Buffer): void {
    const price = packet.readInt32LE(OFFSET.LAST_TRADED_PRICE);
    const volume = packet.readUInt32LE(OFFSET.VOLUME) + packet.readUInt32LE(OFFSET.VOLUME + 4) * TWO_32;
    this.#blank(writePaise(this.#view, PRICE_AT, price), PRICE_END);
    this.#blank(writeInteger(this.#view, VOLUME_AT, volume), VOLUME_END);
  }

  #blank(from: number, end: number): void {
    for (let at = from; at < end; at++) this.#view.setUint8(at, SPACE);
  }
}

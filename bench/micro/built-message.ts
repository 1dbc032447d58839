/** The same tick message as a template's, built for every tick with the FlatBuffers builder as its guide shows it. */
import type { Builder } from 'flatbuffers';
import { type AngelFrame, FIELD, FRAME_DOUBLE } from '../../src/codec/angel/frame-decoder.ts';
import { Level } from '../../src/codec/generated/tickwire/level.ts';
import { QuoteFields } from '../../src/codec/generated/tickwire/quote-fields.ts';
import { SnapFields } from '../../src/codec/generated/tickwire/snap-fields.ts';
import { Tick } from '../../src/codec/generated/tickwire/tick.ts';
import { TickHeader } from '../../src/codec/generated/tickwire/tick-header.ts';
import { DEPTH_LEVELS, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { LEVEL, readInt64 } from '../../src/codec/tick-message.ts';
import { PRICE_DECIMALS } from './market-inputs.ts';

function createLevels(
  builder: Builder,
  side: Int32Array,
  start: (builder: Builder, count: number) => void,
): number {
  start(builder, DEPTH_LEVELS);
  for (let i = DEPTH_LEVELS - 1; i >= 0; i--) {
    const word = i * LEVEL.WORDS;
    const price = BigInt(readInt64(side, word + LEVEL.PRICE));
    const quantity = BigInt(readInt64(side, word + LEVEL.QUANTITY));
    Level.createLevel(builder, price, quantity, side[word + LEVEL.ORDERS]!, 0);
  }
  return builder.endVector();
}

/** @returns the finished message, valid until the builder's next use */
export function buildMessage(
  builder: Builder,
  instrument: Instrument,
  mode: Mode,
  frame: AngelFrame,
): Uint8Array {
  builder.clear();
  const int64 = (field: number) => BigInt(readInt64(frame.fields, field));
  const exchange = builder.createString(instrument.exchange);
  const symbol = builder.createString(instrument.symbol);
  const broker = builder.createString(instrument.broker);
  const token = builder.createString(instrument.token);
  const isDepth = mode === MODE.DEPTH;
  const sell = isDepth ? createLevels(builder, frame.sell, Tick.startSellVector) : 0;
  const buy = isDepth ? createLevels(builder, frame.buy, Tick.startBuyVector) : 0;
  Tick.startTick(builder);
  Tick.addToken(builder, token);
  Tick.addBroker(builder, broker);
  Tick.addSymbol(builder, symbol);
  Tick.addExchange(builder, exchange);
  if (isDepth) {
    Tick.addSell(builder, sell);
    Tick.addBuy(builder, buy);
    const snap = SnapFields.createSnapFields(
      builder,
      int64(FIELD.LAST_TRADED_TIME) * 1000n,
      int64(FIELD.OPEN_INTEREST),
      int64(FIELD.UPPER_CIRCUIT),
      int64(FIELD.LOWER_CIRCUIT),
      int64(FIELD.HIGH_52W),
      int64(FIELD.LOW_52W),
    );
    Tick.addSnap(builder, snap);
  }
  const quote = QuoteFields.createQuoteFields(
    builder,
    int64(FIELD.LAST_TRADED_QUANTITY),
    int64(FIELD.AVERAGE_TRADED_PRICE),
    int64(FIELD.VOLUME),
    int64(FIELD.OPEN),
    int64(FIELD.HIGH),
    int64(FIELD.LOW),
    int64(FIELD.CLOSE),
    frame.doubles[FRAME_DOUBLE.TOTAL_BUY_QUANTITY]!,
    frame.doubles[FRAME_DOUBLE.TOTAL_SELL_QUANTITY]!,
  );
  Tick.addQuote(builder, quote);
  const header = TickHeader.createTickHeader(
    builder,
    0n,
    0n,
    int64(FIELD.SEQUENCE_NUMBER),
    int64(FIELD.EXCHANGE_TIME_MS),
    0n,
    0n,
    int64(FIELD.LAST_TRADED_PRICE),
    instrument.slot,
    0,
    mode,
    PRICE_DECIMALS,
    instrument.segment,
    isDepth ? DEPTH_LEVELS : 0,
    0,
  );
  Tick.addHeader(builder, header);
  builder.finish(Tick.endTick(builder), 'TKW1');
  return builder.asUint8Array();
}

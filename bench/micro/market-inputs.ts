/**
 * The inputs of the micro benchmarks: 64 instruments, 16 ticks of each, so that neighbouring operations meet different
 * instruments and the same instrument never has the same tick twice in a row. All of them stay within a second-level
 * cache, as a drain of the ring does.
 */
import { AngelFrame, type AngelMode, decodeFrame } from '../../src/codec/angel/frame-decoder.ts';
import { encodeFrame } from '../../src/codec/angel/frame-encoder.ts';
import { EXCHANGE_TYPE, FRAME_BYTES } from '../../src/codec/angel/frame-layout.ts';
import { normalise } from '../../src/codec/angel/normaliser.ts';
import { createFrameTarget, type FrameSlab } from '../../src/codec/frame-target.ts';
import type { Instrument, Mode } from '../../src/codec/tick.ts';
import { buildTickTemplate, type TickTemplate, WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { SyntheticInstrument } from '../harness/synthetic-instrument.ts';

export const INSTRUMENTS = 64;
const TICKS_EACH = 16;
/** A power of two: input number i is `i & (INPUTS - 1)`, of instrument `i & (INSTRUMENTS - 1)`. */
export const INPUTS = INSTRUMENTS * TICKS_EACH;

const EPOCH = 1_787_367_600_000;

export const PRICE_DECIMALS = 2;

export function instrumentNumber(slot: number): Instrument {
  const symbol = `BENCH${String(slot).padStart(2, '0')}`;
  const token = String(2800 + slot * 37);
  return { slot, broker: 'angel', exchange: 'NSE', symbol, segment: EXCHANGE_TYPE.NSE_CM, token };
}

export interface FrameInputs {
  /** One frame behind another, as in a read of the socket. */
  readonly slab: FrameSlab;
  readonly frameBytes: number;
}

/** Frames of a mode as the exchange sends them. */
export function buildFrames(mode: AngelMode): FrameInputs {
  const frameBytes = FRAME_BYTES[mode]!;
  const slab = createFrameTarget(INPUTS * frameBytes);
  const market = Array.from({ length: INSTRUMENTS }, (_, slot) => {
    const { segment, token } = instrumentNumber(slot);
    return new SyntheticInstrument(segment, token, slot * 997);
  });
  for (let i = 0; i < INPUTS; i++) {
    const state = market[i % INSTRUMENTS]!;
    state.advance(EPOCH + i * 7);
    encodeFrame(mode, state, slab, i * frameBytes);
  }
  return { slab, frameBytes };
}

/** The same frames, decoded. */
export function decodeFrames(mode: AngelMode): AngelFrame[] {
  const { slab, frameBytes } = buildFrames(mode);
  return Array.from({ length: INPUTS }, (_, i) => {
    const frame = new AngelFrame();
    decodeFrame(slab.view, i * frameBytes, frameBytes, frame);
    return frame;
  });
}

/** Tick messages of a mode with all that the feed worker writes into them. */
export function buildMessages(mode: Mode & AngelMode): TickTemplate[] {
  return decodeFrames(mode).map((frame, i) => {
    const message = buildTickTemplate(instrumentNumber(i % INSTRUMENTS), mode, PRICE_DECIMALS);
    normalise(frame, message);
    writeInt64(message.words, WORD.EPOCH, EPOCH);
    writeInt64(message.words, WORD.SEQ, 1 + Math.floor(i / INSTRUMENTS));
    // 2^32 ns are 4.29 s, so that ms of the receive time differ from tick to tick as live ones do.
    message.words[WORD.RECEIVE_TIME_NS] = Math.imul(i, 7_310_771) | 0;
    message.words[WORD.RECEIVE_TIME_NS + 1] = 416_152_000;
    return message;
  });
}

/**
 * A framing is the form in which a connection gets its ticks. An encoder serves one subscription's view of one
 * instrument; connections that want the same view, framing and features share it and get the same bytes.
 */
import type { Dialect } from './dialect.ts';
import type { FrameProgram, FramingCounters, SendTime } from './frame-program.ts';
import { JsonFraming } from './json-framing.ts';
import { MsgpackFraming } from './msgpack-framing.ts';
import { MAX_PRICE_DECIMALS } from './price.ts';
import { ABSENT_FLAGS, DEPTH_LEVELS, FLAG, type Instrument, type Mode } from './tick.ts';
import { priceDecimalsOf, WORD } from './tick-message.ts';
import {
  FEATURE,
  SHAPES_TICKS,
  SHOWS_STALE,
  type Shape,
  type ShapeRequest,
  tickShape,
} from './tick-shape.ts';

export type { FramingCounters, SendTime };
export { FEATURE, SHAPES_TICKS };

export type FramingName = 'json' | 'msgpack';

export interface TickEncoder {
  readonly counters: FramingCounters;
  /**
   * The tick in its framing, complete; valid until any encoder of this thread is called again. Owning thread;
   * allocates only when ticks of a new form come (other mode, level count, scale or absent values, first snapshot), for
   * totals that are no numbers (msgpack), beyond 2^53, and for a length not seen before (JSON).
   *
   * @param words a tick message of a mode that contains the view
   * @param doubles the same memory
   * @throws RangeError for a message of a mode that does not hold what the view shows, or with more decimals than
   *   MAX_PRICE_DECIMALS: errors of the program, not of the market
   */
  encode(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array;
}

export interface TickEncoderOptions {
  /** Default `openalgo`. */
  readonly dialect?: Dialect;
  /** Levels per side that the client asked for; view 4 only. */
  readonly depthLevel?: number;
  /** Counters to share with other encoders. */
  readonly counters?: FramingCounters;
}

type Compile = (shape: Shape, decimals: number, counters: FramingCounters) => FrameProgram;

const COMPILE: { readonly [name in FramingName]: Compile } = {
  json: (...args) => new JsonFraming(...args),
  msgpack: (...args) => new MsgpackFraming(...args),
};

/** Picks the program that fits a message. As a rule all messages of a subscription have one form, snapshots and stale ones others. */
class ShapedTickEncoder implements TickEncoder {
  readonly counters: FramingCounters;
  readonly #request: ShapeRequest;
  readonly #compile: Compile;
  /** The flags that the client sees: absent values as null, with the features others as keys of their own. */
  readonly #shownFlags: number;
  readonly #programs = new Map<string, FrameProgram>();
  #form = Number.NaN;
  #flags = 0;
  #program: FrameProgram | undefined;

  constructor(request: ShapeRequest, compile: Compile, counters: FramingCounters) {
    this.#request = request;
    this.#compile = compile;
    const { features } = request;
    this.#shownFlags =
      ABSENT_FLAGS |
      ((features & FEATURE.SNAPSHOT) === 0 ? 0 : FLAG.SNAPSHOT) |
      ((features & SHOWS_STALE) === 0 ? 0 : FLAG.STALE);
    this.counters = counters;
  }

  encode(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array {
    const form = words[WORD.MODE_AND_SCALE]!;
    const flags = words[WORD.FLAGS]! & this.#shownFlags;
    const isSame = form === this.#form && flags === this.#flags;
    const program = isSame && this.#program !== undefined ? this.#program : this.#select(form, flags, words);
    return program.encode(words, doubles, send);
  }

  #select(form: number, flags: number, words: Int32Array): FrameProgram {
    const key = `${form}/${flags}`;
    let program = this.#programs.get(key);
    if (program === undefined) {
      const decimals = priceDecimalsOf(words);
      if (decimals > MAX_PRICE_DECIMALS) {
        const { exchange, symbol } = this.#request.instrument;
        throw new RangeError(
          `price of ${exchange}:${symbol} has ${decimals} decimals, limit ${MAX_PRICE_DECIMALS}`,
        );
      }
      program = this.#compile(tickShape(this.#request, words), decimals, this.counters);
      this.#programs.set(key, program);
    }
    this.#form = form;
    this.#flags = flags;
    this.#program = program;
    return program;
  }
}

/**
 * The encoder of one view of one instrument.
 *
 * @param view 1 to 3, or 4 for the depth message of the published design, which has the same form in both dialects
 * @param features bits of FEATURE
 */
export function createTickEncoder(
  framing: FramingName,
  instrument: Instrument,
  view: Mode,
  features: number,
  options: TickEncoderOptions = {},
): TickEncoder {
  const { dialect = 'openalgo', depthLevel = DEPTH_LEVELS, counters = { rounded: 0, repacked: 0 } } = options;
  return new ShapedTickEncoder(
    { instrument, view, features, dialect, depthLevel },
    COMPILE[framing],
    counters,
  );
}

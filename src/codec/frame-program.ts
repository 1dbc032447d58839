/** What a framing is made of: a program that writes the ticks of one form, and what it counts. */

/** The send time, ns since 1970: low word, high word. Filled by the caller, read with the feature STAMPS. */
export type SendTime = Int32Array;

/** What an encoder could not do in the ordinary way. Several encoders may share one. */
export interface FramingCounters {
  /** Ticks with a number beyond 2^53 (stamps apart): JSON has all digits, msgpack and JSON parsers the nearest double. */
  rounded: number;
  /** Ticks that msgpack had to pack anew because a total was no number. */
  repacked: number;
}

/** Writes the ticks of one shape, in place. */
export interface FrameProgram {
  encode(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array;
}

/** Of every memory that has seen no frame. */
const NO_WORDS = new Int32Array(0);

/**
 * The latest frame of one token in one mode: tells a frame that is the same once more, byte for byte, and one that goes
 * back in the exchange's time. Feed worker thread.
 */
export class FrameMemory {
  #words = NO_WORDS;
  /** -1 while there is none. */
  #length = -1;
  #exchangeTimeMs = 0;
  #exchangeSeq = 0;

  /**
   * Notes a frame. Compares all its bytes: equal sequence numbers alone are no proof.
   * Hot path, feed worker thread; allocates at the first frame of a length only, does not throw.
   *
   * @param view must contain the bytes from `offset` to `offset + length`
   * @returns whether it is the same as the one before
   */
  isRepeat(view: DataView, offset: number, length: number): boolean {
    const whole = length >>> 2;
    if (this.#words.length <= whole) this.#words = new Int32Array(whole + 1);
    const words = this.#words;
    // Comparing and copying in one pass without a branch: most frames differ, and all must be copied.
    let difference = length ^ this.#length;
    for (let i = 0; i < whole; i++) {
      const word = view.getInt32(offset + 4 * i, true);
      difference |= word ^ words[i]!;
      words[i] = word;
    }
    let rest = 0;
    for (let at = 4 * whole; at < length; at++) rest = (rest << 8) | view.getUint8(offset + at);
    difference |= rest ^ words[whole]!;
    words[whole] = rest;
    this.#length = length;
    return difference === 0;
  }

  /**
   * Notes the exchange's time and sequence number of a frame; 0 stands for "has none".
   * Hot path, feed worker thread; neither allocates nor throws.
   *
   * @returns whether the frame is older than the one before
   */
  isOlder(exchangeTimeMs: number, exchangeSeq: number): boolean {
    const isOlder =
      exchangeTimeMs === this.#exchangeTimeMs
        ? exchangeSeq !== 0 && exchangeSeq < this.#exchangeSeq
        : exchangeTimeMs !== 0 && exchangeTimeMs < this.#exchangeTimeMs;
    this.#exchangeTimeMs = exchangeTimeMs;
    this.#exchangeSeq = exchangeSeq;
    return isOlder;
  }

  /** No frame has come, or none since `forget`. */
  get isEmpty(): boolean {
    return this.#length === -1;
  }

  /** What comes next follows nothing. */
  forget(): void {
    this.#length = -1;
    this.#exchangeTimeMs = 0;
    this.#exchangeSeq = 0;
  }
}

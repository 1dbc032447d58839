/**
 * Where a reader's ticks come from. The one interface behind which the rings of this process and, on another host,
 * the bus look the same: a client cannot tell which one feeds it.
 */

/** Gets each tick in memory that is valid during the call only; the message is the first `wordCount` words of it. */
export type TickHandler = (words: Int32Array, doubles: Float64Array, wordCount: number) => void;

export interface TickSource {
  /** Hands over at most `limit` ticks of each ring. @returns how many there were */
  drain(handler: TickHandler, limit: number): number;
  hasTicks(): boolean;
  /** Copies the last value of a slot. @returns its length in words, 0 when there is none */
  readLast(slot: number, deep: boolean, into: Int32Array): number;
  /** What is being handed over is not news but a last value, which may be old. */
  readonly isLastValue: boolean;
  /** Ticks that were overwritten before this reader got to them, since the start. */
  readonly lost: number;
  /** Takes the word of a loss, once: the caller then heals from the last values. */
  takeLoss(): boolean;
}

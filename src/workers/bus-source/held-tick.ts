import { FLAG } from '../../codec/tick.ts';
import { modeOf, WORD } from '../../codec/tick-message.ts';

const NOTHING = new Int32Array(0);

/** A copy of one tick message, or none. Allocates only for a message that is longer than all before it. */
export class HeldTick {
  #words = NOTHING;
  #wordCount = 0;

  /** Length of the message in words, 0 when there is none. */
  get wordCount(): number {
    return this.#wordCount;
  }

  /** Mode of the message, 0 when there is none. */
  get mode(): number {
    return this.#wordCount === 0 ? 0 : modeOf(this.#words);
  }

  keep(words: Int32Array, wordCount: number): void {
    if (this.#words.length < wordCount) this.#words = new Int32Array(wordCount);
    for (let i = 0; i < wordCount; i++) this.#words[i] = words[i]!;
    this.#wordCount = wordCount;
  }

  /** @returns length of the message in words, 0 when there is none */
  copyTo(into: Int32Array): number {
    for (let i = 0; i < this.#wordCount; i++) into[i] = this.#words[i]!;
    return this.#wordCount;
  }

  forget(): void {
    this.#wordCount = 0;
  }

  /** Marks the tick, or takes the mark away: its feed has fallen silent since. */
  setStale(isStale: boolean): void {
    if (this.#wordCount === 0) return;
    const flags = this.#words[WORD.FLAGS]!;
    this.#words[WORD.FLAGS] = isStale ? flags | FLAG.STALE : flags & ~FLAG.STALE;
  }
}

/**
 * How long the oldest byte that a client has not taken may have waited: a bound that is never too low. Proxy worker thread,
 * for clients with a backlog, in the rounds over all of them.
 *
 * The library tells how many bytes wait, not since when. But what left is what was sent less what waits: once as much has
 * left as had been sent at some moment, nothing from before that moment waits. Such moments are marked now and then. What was
 * sent counts as of the last mark: what was published since may still be on its way to the socket.
 */

/** More marks than fit into the longest age that is of interest. */
const MAX_MARKS = 16;

interface Mark {
  readonly at: number;
  readonly sentBytes: number;
}

export class BacklogAge {
  readonly #everyMs: number;
  readonly #marks: Mark[] = [];
  #lookedAt: number;
  #since: number;

  /**
   * @param emptyAt when the client had taken everything, in ms
   * @param everyMs between two marks
   */
  constructor(emptyAt: number, everyMs: number) {
    this.#since = emptyAt;
    this.#lookedAt = emptyAt;
    this.#everyMs = everyMs;
  }

  /** Nothing that was sent before it waits any more. */
  get since(): number {
    return this.#since;
  }

  /** Whether it was looked at before. */
  get isMarked(): boolean {
    return this.#marks.length > 0;
  }

  /** Whether it is time for another look. */
  isDue(now: number): boolean {
    return now - this.#lookedAt >= this.#everyMs;
  }

  /**
   * Finds out what has left, and sets a mark.
   * @param backlogBytes those that wait
   * @param sentBytes all that were sent since some moment before the first look, or fewer by no more than were uncounted
   */
  look(now: number, backlogBytes: number, sentBytes: number): void {
    this.#lookedAt = now;
    const last = this.#marks.at(-1);
    if (last !== undefined) {
      const leftBytes = last.sentBytes - backlogBytes;
      for (let first = this.#marks[0]; first !== undefined && first.sentBytes <= leftBytes; ) {
        this.#since = first.at;
        this.#marks.shift();
        first = this.#marks[0];
      }
    }
    if (this.#marks.length === MAX_MARKS) this.#marks.pop();
    this.#marks.push({ at: now, sentBytes });
  }
}

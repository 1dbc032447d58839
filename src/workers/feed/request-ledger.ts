/**
 * What a connection asked for lately, so that an answer of the broker can be matched to it. Brokers confirm nothing, so a
 * request is remembered for a while, and forgotten when nobody has complained. Feed worker thread, at the pace of
 * subscriptions.
 */
import type { FeedRequest } from './feed-requests.ts';

/** A broker's complaint comes within a moment; what comes later is about something else. */
const REMEMBERED_MS = 60_000;
const MAX_REQUESTS = 4096;

/** A request that asks for ticks. */
export interface SentRequest {
  readonly request: FeedRequest;
  /** What was sent after it ended other pairs: a refusal for want of room need not hold any more. */
  readonly madeRoom: boolean;
}

interface Remembered extends SentRequest {
  readonly sentAt: number;
}

export class RequestLedger {
  readonly #now: () => number;
  /** Oldest first. */
  readonly #sent: Remembered[] = [];

  /** @param now a monotonic clock in ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  note(sent: SentRequest): void {
    this.#prune();
    this.#sent.push({ ...sent, sentAt: this.#now() });
    if (this.#sent.length > MAX_REQUESTS) this.#sent.shift();
  }

  /**
   * Takes out what a complaint is about: the request with its id; without an id the only one that no frame has answered
   * yet, and none when there are several.
   */
  take(id: string): SentRequest | undefined {
    this.#prune();
    const found = id === '' ? this.#onlyUnanswered() : this.#sent.find(({ request }) => request.id === id);
    if (found === undefined) return undefined;
    const others = this.#sent.filter((sent) => !asksForTheSame(sent, found));
    this.#sent.splice(0, this.#sent.length, ...others);
    return found;
  }

  /** Id of a remembered request that a text names somewhere, empty when it names none. */
  idIn(text: string): string {
    this.#prune();
    return this.#sent.find(({ request: { id } }) => id !== '' && text.includes(id))?.request.id ?? '';
  }

  /** The connection is gone, and with it everything that was asked. */
  clear(): void {
    this.#sent.length = 0;
  }

  #onlyUnanswered(): Remembered | undefined {
    const unanswered = this.#sent.filter(({ request: { entries, mode } }) =>
      entries.some(({ memories }) => memories[mode]?.isEmpty ?? true),
    );
    // A broker may need two requests for the same: one that begins the ticks, one that names their mode.
    const [first] = unanswered;
    const isClear = first !== undefined && unanswered.every((sent) => asksForTheSame(sent, first));
    return isClear ? first : undefined;
  }

  #prune(): void {
    const oldest = this.#now() - REMEMBERED_MS;
    while (this.#sent.length > 0 && this.#sent[0]!.sentAt < oldest) this.#sent.shift();
  }
}

function asksForTheSame({ request }: SentRequest, { request: other }: SentRequest): boolean {
  return (
    request.mode === other.mode &&
    request.entries.length === other.entries.length &&
    request.entries.every((entry, i) => entry === other.entries[i])
  );
}

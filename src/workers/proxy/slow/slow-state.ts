/** What is known of a client that falls behind, or that asked not to get every tick. Proxy worker thread. */
import type { Mode } from '../../../codec/tick.ts';
import type { Holding } from '../connection/client-session.ts';
import type { Stream } from '../subscriptions/subscription-index.ts';
import type { BacklogAge } from './backlog-age.ts';
import { ConflatingClient, type ConflationReceiver } from './conflating-client.ts';
import type { Conflator } from './conflator.ts';
import type { DeliveryTerms } from './delivery-terms.ts';
import type { SentCount } from './sent-count.ts';

/** Every tick again comes after so long at the earliest; twice as long for a client that falls behind soon again. */
const FIRST_HOLD_MS = 1000;
const LONGEST_HOLD_MS = 60_000;
/** A client that kept up for so long is as good as new. */
const SOON_MS = 60_000;

export class SlowState {
  /** Its streams that are conflated, and what waits of them. */
  readonly client: ConflatingClient;
  /** Of the streams that have other than plain ones. */
  readonly terms = new Map<Stream, DeliveryTerms>();
  /** Modes in which it has fallen behind, as bits `1 << mode`, and those in which it is to be treated so. */
  behind = 0;
  due = 0;
  /** Its instruments that are still to be looked at since its modes changed; null once all are delivered as those say. */
  changing: Iterator<readonly Holding[]> | null = null;
  /** While something waits for it. */
  age: BacklogAge | null = null;
  /** It is time to find out the age; what is known so far of what that takes. */
  isAgeDue = false;
  sentCount: SentCount | null = null;
  /** What was published on its topics before it joined them, negative, and on those that it left. */
  sentOffset = 0;
  /** When its backlog shrank last, and what it was in the last round. */
  movedAt = 0;
  lastBacklogBytes = 0;
  #behindAt = 0;
  #restoredAt = Number.NEGATIVE_INFINITY;
  #holdMs = 0;

  constructor(receiver: ConflationReceiver, conflator: Conflator) {
    this.client = new ConflatingClient(receiver, conflator);
  }

  isBehindIn(mode: Mode): boolean {
    return (this.behind & (1 << mode)) !== 0;
  }

  /** It falls behind in further modes. */
  fallBehind(modes: number, now: number): void {
    if (this.behind === 0) {
      const isSoon = now - this.#restoredAt < SOON_MS;
      this.#holdMs = isSoon ? Math.min(LONGEST_HOLD_MS, 2 * this.#holdMs) : FIRST_HOLD_MS;
      this.movedAt = now;
    }
    this.#behindAt = now;
    this.behind |= modes;
  }

  /** Whether it may get every tick again. */
  isRestorable(now: number): boolean {
    return this.behind !== 0 && !this.client.hasWaiting && now - this.#behindAt >= this.#holdMs;
  }

  restored(now: number): void {
    this.behind = 0;
    this.#restoredAt = now;
  }

  /** Whether nothing of it is worth keeping while nothing waits for the client. */
  isForgettable(now: number): boolean {
    const isPlain = this.behind === 0 && this.client.size === 0 && this.terms.size === 0;
    return isPlain && now - this.#restoredAt >= SOON_MS;
  }
}

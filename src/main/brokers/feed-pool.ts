/**
 * The upstream connections of one account: spreads instruments over as many feed workers as the broker's quota asks for,
 * and opens another one only when those that exist are full. An instrument stays with its connection while anybody
 * needs it.
 */
import type { Instrument } from '../../codec/tick.ts';
import type { FeedCredentials } from '../../workers/worker-messages.ts';
import type { Upstream, UpstreamChange } from '../subscriptions/subscription-registry.ts';
import type { FeedQuota } from './broker-registry.ts';
import type { FeedRunner } from './feed-runner.ts';

export class FeedPool implements Upstream {
  readonly #quota: FeedQuota;
  readonly #create: () => FeedRunner;
  readonly feeds: FeedRunner[] = [];
  /** Which connection carries a slot, and how many each carries. */
  readonly #owner = new Map<number, FeedRunner>();
  readonly #claims = new Map<FeedRunner, number>();
  /** Slots that were carried and given back. */
  readonly #ended = new Set<number>();

  /** @param create makes and starts the worker of one more connection */
  constructor(quota: FeedQuota, create: () => FeedRunner) {
    this.#quota = quota;
    this.#create = create;
  }

  /** Opens the first connection, so that it is up when the first subscription comes. */
  open(): void {
    if (this.feeds.length === 0) this.#add();
  }

  claim({ slot }: Instrument): boolean {
    if (this.#owner.has(slot)) return true;
    const feed = this.feeds.find((candidate) => this.#claims.get(candidate)! < this.#quota.maxPairs);
    if (feed === undefined && this.feeds.length >= this.#quota.maxConnections) return false;
    const owner = feed ?? this.#add();
    this.#owner.set(slot, owner);
    this.#claims.set(owner, this.#claims.get(owner)! + 1);
    return true;
  }

  apply(changes: readonly UpstreamChange[]): void {
    const byFeed = new Map<FeedRunner, UpstreamChange[]>();
    for (const change of changes) {
      const { slot } = change.instrument;
      const feed = this.#owner.get(slot);
      if (feed === undefined)
        throw new Error(`slot ${slot} has no connection: it was applied without a claim`);
      if (change.mode === 0) {
        this.#ended.add(slot);
        this.#owner.delete(slot);
        this.#claims.set(feed, this.#claims.get(feed)! - 1);
      }
      const list = byFeed.get(feed) ?? [];
      list.push(change);
      byFeed.set(feed, list);
    }
    for (const [feed, list] of byFeed) feed.apply(list, this.#ended);
  }

  /** As `FeedRunner.askAgain`. */
  askAgain(slots: Iterable<number>): void {
    for (const feed of this.feeds) feed.askAgain(slots);
  }

  /** The message for an instrument that no connection has room for. */
  capacityMessage(): string {
    const { maxConnections, maxPairs } = this.#quota;
    return `Maximum capacity reached: ${maxConnections} connections of ${maxPairs} subscriptions are full`;
  }

  renew(credentials: FeedCredentials): void {
    for (const feed of this.feeds) feed.renew(credentials);
  }

  /** Ends the connections until `renew`; they remember what they carry. */
  suspend(reason: string): void {
    for (const feed of this.feeds) feed.suspend(reason);
  }

  async stop(): Promise<void> {
    await Promise.all(this.feeds.map((feed) => feed.stop()));
  }

  #add(): FeedRunner {
    const feed = this.#create();
    this.feeds.push(feed);
    this.#claims.set(feed, 0);
    return feed;
  }
}

/**
 * On which way a client gets the ticks of a stream: by its topic, one by one, or conflated. A client changes between them
 * within one turn of the event loop, so that nothing is missed and nothing comes twice: what was published for it before
 * leaves before all that is sent to it later. Proxy worker thread.
 */
import type { SlowPolicy } from '../../../codec/slow-policy.ts';
import type { ClientSession } from '../connection/client-session.ts';
import type { Stream } from '../subscriptions/subscription-index.ts';
import type { TopicMembers } from '../subscriptions/topic-members.ts';
import type { Conflator } from './conflator.ts';
import { type DeliveryTerms, PLAIN_TERMS } from './delivery-terms.ts';
import { SlowState } from './slow-state.ts';

/** How a stream of a client is delivered. */
export function termsOf({ slow }: Pick<ClientSession, 'slow'>, stream: Stream): DeliveryTerms {
  return slow?.terms.get(stream) ?? PLAIN_TERMS;
}

export class StreamDelivery {
  readonly #topics: TopicMembers;
  readonly #conflator: Conflator;
  readonly #policy: SlowPolicy;

  /** @param policy that of clients who choose none */
  constructor(topics: TopicMembers, conflator: Conflator, policy: SlowPolicy) {
    this.#topics = topics;
    this.#conflator = conflator;
    this.#policy = policy;
  }

  /** What is known of a client beside the ordinary, from now on. */
  stateOf(session: ClientSession): SlowState {
    session.slow ??= new SlowState(session, this.#conflator);
    return session.slow;
  }

  /** What happens to a client in a stream when it falls behind. */
  policyOf(session: ClientSession, stream: Stream): SlowPolicy {
    return termsOf(session, stream).slow ?? session.options.slow ?? this.#policy;
  }

  /** Notes how a stream will be delivered to a client that has not joined it. */
  agree(session: ClientSession, stream: Stream, terms: DeliveryTerms): void {
    if (terms !== PLAIN_TERMS) this.stateOf(session).terms.set(stream, terms);
  }

  /** From the next tick on the client gets the stream, as agreed. */
  join(session: ClientSession, stream: Stream): void {
    const { slow } = session;
    const { maxRate } = termsOf(session, stream);
    const isBehind = slow?.isBehindIn(stream.form.view) && this.policyOf(session, stream) === 'conflate';
    if (slow !== null && (maxRate > 0 || isBehind)) slow.client.enter(stream, maxRate);
    else this.#joinAll(session, stream);
  }

  /** The client gets nothing more of the stream. */
  leave(session: ClientSession, stream: Stream): void {
    const { slow } = session;
    slow?.terms.delete(stream);
    if (slow?.client.has(stream)) slow.client.leave(stream);
    else this.#leaveAll(session, stream);
  }

  /** Gives a stream that the client has other terms. */
  change(session: ClientSession, stream: Stream, terms: DeliveryTerms): void {
    const { slow, maxRate } = termsOf(session, stream);
    if (slow === terms.slow && maxRate === terms.maxRate) return;
    this.settle(session, stream);
    this.leave(session, stream);
    this.agree(session, stream, terms);
    this.join(session, stream);
  }

  /** Sends at once what the client has not been sent of a stream. */
  settle(session: ClientSession, stream: Stream): void {
    session.slow?.client.settle(stream);
  }

  /**
   * Conflates the streams of modes in which the client has fallen behind, those that may be.
   * @param modes bits `1 << mode`
   * @returns false when the client is to be disconnected instead
   */
  conflate(session: ClientSession, modes: number): boolean {
    const { client } = this.stateOf(session);
    const chosen: Stream[] = [];
    for (const holdings of session.holdings.values()) {
      for (const stream of holdings.flatMap(({ streams }) => [...streams.values()])) {
        if ((modes & (1 << stream.form.view)) === 0 || client.has(stream)) continue;
        const policy = this.policyOf(session, stream);
        if (policy === 'disconnect') return false;
        if (policy === 'conflate') chosen.push(stream);
      }
    }
    for (const stream of chosen) {
      this.#leaveAll(session, stream);
      client.enter(stream, 0);
    }
    return true;
  }

  /** Gives a client every tick again of what was conflated because it fell behind. Nothing of it may wait. */
  restore(session: ClientSession): void {
    const { client } = this.stateOf(session);
    for (const stream of client.unratedStreams()) {
      client.leave(stream);
      this.#joinAll(session, stream);
    }
  }

  /** Bytes that were sent to a client with a state, of what is counted. Takes about 30 ns for each of its streams. */
  sentBytesOf(session: ClientSession): number {
    const { client, sentOffset } = this.stateOf(session);
    let bytes = session.sentBytes + sentOffset;
    if (session.isDirect) return bytes;
    for (const holdings of session.holdings.values()) {
      for (const { streams } of holdings) {
        for (const stream of streams.values()) if (!client.has(stream)) bytes += stream.publishedBytes;
      }
    }
    return bytes;
  }

  #joinAll(session: ClientSession, stream: Stream): void {
    if (session.isDirect) {
      stream.directReceivers.push(session);
      return;
    }
    session.socket.subscribe(stream.topic);
    this.#topics.add(stream, session);
    if (session.slow !== null) session.slow.sentOffset -= stream.publishedBytes;
  }

  #leaveAll(session: ClientSession, stream: Stream): void {
    if (session.isDirect) {
      const at = stream.directReceivers.indexOf(session);
      if (at !== -1) stream.directReceivers.splice(at, 1);
      return;
    }
    if (session.open) session.socket.unsubscribe(stream.topic);
    this.#topics.remove(stream, session);
    if (session.slow !== null) session.slow.sentOffset += stream.publishedBytes;
  }
}

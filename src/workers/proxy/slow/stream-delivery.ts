/**
 * On which way a client gets the ticks of a stream: by its topic, one by one, or conflated. For each stream it changes
 * between them within one turn of the event loop, so that nothing is missed and nothing comes twice: what was published for
 * it before leaves before all that is sent to it later. A client that falls behind, or has caught up, changes so a few streams
 * at a time: a thousand take some ms, in which no tick would leave. Proxy worker thread.
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

/** How a client's change of streams stands: `more` is left to be done, or it is to be disconnected instead. */
export type ChangeStep = 'done' | 'more' | 'cut';

export class StreamDelivery {
  readonly #topics: TopicMembers;
  readonly #conflator: Conflator;
  /** Of clients who choose none. */
  policy: SlowPolicy;

  /** @param policy that of clients who choose none */
  constructor(topics: TopicMembers, conflator: Conflator, policy: SlowPolicy) {
    this.#topics = topics;
    this.#conflator = conflator;
    this.policy = policy;
  }

  /** What is known of a client beside the ordinary, from now on. */
  stateOf(session: ClientSession): SlowState {
    session.slow ??= new SlowState(session, this.#conflator);
    return session.slow;
  }

  /** What happens to a client in a stream when it falls behind. */
  policyOf(session: ClientSession, stream: Stream): SlowPolicy {
    return termsOf(session, stream).slow ?? session.options.slow ?? this.policy;
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
   * From now on the streams of the modes in which a client is behind are to be conflated, those that may be, and it gets every
   * tick again of those that were because it fell behind. `goOn` does it.
   */
  beginChange(session: ClientSession): void {
    this.stateOf(session).changing = session.holdings.values();
  }

  /** Goes on with a change, by one instrument at least. @param until ms of `performance.now()` */
  goOn(session: ClientSession, until: number): ChangeStep {
    const state = this.stateOf(session);
    if (state.changing === null) return 'done';
    do {
      const next = state.changing.next();
      if (next.done === true) {
        state.changing = null;
        return 'done';
      }
      for (const { streams } of next.value) {
        for (const stream of streams.values()) if (!this.#adapt(session, state, stream)) return 'cut';
      }
    } while (performance.now() < until);
    return 'more';
  }

  /** Whether the client may yet fall behind in any stream. */
  getsEveryTickOfAny(session: ClientSession): boolean {
    return session.isDirect || this.#topics.has(session);
  }

  /** Delivers a stream as the client's modes say. @returns false when the client is to be disconnected instead */
  #adapt(session: ClientSession, state: SlowState, stream: Stream): boolean {
    const { client } = state;
    const isBehind = state.isBehindIn(stream.form.view);
    if (client.has(stream)) {
      if (isBehind || termsOf(session, stream).maxRate > 0) return true;
      client.settle(stream);
      client.leave(stream);
      this.#joinAll(session, stream);
      return true;
    }
    const policy = isBehind ? this.policyOf(session, stream) : 'deliver';
    if (policy === 'conflate') {
      this.#leaveAll(session, stream);
      client.enter(stream, 0);
    }
    return policy !== 'disconnect';
  }

  #joinAll(session: ClientSession, stream: Stream): void {
    if (session.isDirect) {
      stream.directReceivers.push(session);
      return;
    }
    session.socket.subscribe(stream.topic);
    this.#topics.add(stream, session);
    session.topicOffset -= stream.publishedBytes;
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
    session.topicOffset += stream.publishedBytes;
    if (session.slow !== null) session.slow.sentOffset += stream.publishedBytes;
  }
}

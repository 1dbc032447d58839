/**
 * Who is on which topic, and for whom topics are a detour: a client that is alone with all of them. It is sent its ticks
 * itself, in one write for all that a drain brings. Proxy worker thread.
 *
 * A publish copies the message, looks its topic up and queues it for each subscriber, which pays with the second one. With
 * 3000 topics and one client it takes 2.6 µs of CPU for each message of a quote, the write included, a send to the corked
 * socket 1.7 µs (2-core machine, Node 22, 45 messages a turn). Only one socket of a thread can be corked at a time: beside
 * another client on any topic the cork would be in the way, since the library writes that one's messages one by one as
 * soon as more than 32 wait and it cannot cork its socket for them.
 */
import type { DirectReceiver, Stream } from './subscription-index.ts';

export interface TopicMember extends DirectReceiver {
  /** Calls `send` at once; what is sent to this client meanwhile leaves in one write. */
  cork(send: () => void): void;
  /** What was published to this client leaves at once. */
  push(): void;
}

export class TopicMembers {
  /** On how many topics each client is. */
  readonly #topics = new Map<TopicMember, number>();
  #only: TopicMember | null = null;

  /** The client that is on topics while no other one is on any; null otherwise. */
  get only(): TopicMember | null {
    return this.#only;
  }

  /** Whether the client is on any topic. */
  has(member: TopicMember): boolean {
    return this.#topics.has(member);
  }

  /** What was published leaves within the turn. The client that is alone has been sent its ticks itself. */
  push(): void {
    if (this.#only !== null) return;
    for (const member of this.#topics.keys()) member.push();
  }

  /** The client is on the stream's topic from now on, and was not. */
  add(stream: Stream, member: TopicMember): void {
    stream.onTopic++;
    this.#count(member, 1);
  }

  /** The client is on the stream's topic no more. */
  remove(stream: Stream, member: TopicMember): void {
    stream.onTopic--;
    this.#count(member, -1);
  }

  #count(member: TopicMember, change: number): void {
    const topics = (this.#topics.get(member) ?? 0) + change;
    if (topics > 0) this.#topics.set(member, topics);
    else this.#topics.delete(member);
    this.#only = null;
    if (this.#topics.size === 1) for (const each of this.#topics.keys()) this.#only = each;
  }
}

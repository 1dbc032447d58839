/**
 * Topics that somebody is subscribed to and that nobody serves yet: new ones, which main is asked about at once, and those
 * that it could not serve, which it is asked about again. Anybody who reaches the bus may subscribe to anything, so main has
 * a bounded number of them to look up at a time, and in the time of a round. Bus worker thread.
 */
import { formatTopic, type Topic } from '../../codec/topic.ts';

/** Topics under way to main: 1 to 5 ms of its thread. The next ones go when all of these are answered. */
export const MAX_ASKED = 256;
/** Topics of one round that are asked about again, in turn: 1 to 2 % of main's thread. */
export const MAX_ASKED_AGAIN = 2000;

/** Asks main for topics of one broker, in the name of one account; empty for any account. */
export type AskForTopics = (broker: string, account: string, topics: readonly Topic[]) => void;

interface Waiting {
  readonly topic: Topic;
  readonly account: string;
}

export class UnservedTopics {
  readonly #ask: AskForTopics;
  /** All by their text. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #asked = new Set<string>();
  readonly #refused = new Map<string, Topic>();

  constructor(ask: AskForTopics) {
    this.#ask = ask;
  }

  /** Topics that could not be served when main was asked last. */
  get refused(): number {
    return this.#refused.size;
  }

  /** Main is asked as soon as it has answered what came before. */
  add(topic: Topic, account: string): void {
    const text = formatTopic(topic, topic.mode);
    this.#refused.delete(text);
    if (!this.#asked.has(text)) this.#waiting.set(text, { topic, account });
    this.#askNext();
  }

  /** Main is asked again in a later round. */
  refuse(topic: Topic): void {
    this.#refused.set(formatTopic(topic, topic.mode), topic);
  }

  /** Nobody is subscribed any more. */
  delete(topic: Topic): void {
    const text = formatTopic(topic, topic.mode);
    this.#refused.delete(text);
    this.#waiting.delete(text);
  }

  /** A round: those that were refused longest ago are asked about once more, at any account. */
  askAgain(): void {
    let left = MAX_ASKED_AGAIN;
    for (const [text, topic] of this.#refused) {
      if (left-- === 0) break;
      this.#refused.delete(text);
      this.#waiting.set(text, { topic, account: '' });
    }
    this.#askNext();
  }

  /** Main has answered. */
  onAnswered(topics: readonly Topic[]): void {
    for (const topic of topics) this.#asked.delete(formatTopic(topic, topic.mode));
    this.#askNext();
  }

  #askNext(): void {
    if (this.#asked.size > 0) return;
    const questions = new Map<string, Waiting[]>();
    for (const [text, waiting] of this.#waiting) {
      if (this.#asked.size === MAX_ASKED) break;
      this.#waiting.delete(text);
      this.#asked.add(text);
      const name = `${waiting.account}\0${waiting.topic.broker}`;
      const question = questions.get(name);
      if (question === undefined) questions.set(name, [waiting]);
      else question.push(waiting);
    }
    for (const question of questions.values()) {
      const { topic, account } = question[0]!;
      this.#ask(
        topic.broker,
        account,
        question.map((each) => each.topic),
      );
    }
  }
}

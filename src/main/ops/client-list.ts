/** Asks the proxy workers about their clients, for an operator who looks. Main thread. */
import type { FromClientReport, SubscriptionListing, ToClientReport } from '../../workers/client-messages.ts';
import type { InstrumentName } from '../../workers/worker-messages.ts';
import { ownKeyId } from '../entitlements/entitlement-book.ts';
import type { ClientView } from './engine-view.ts';

/** A worker that has more to do is left out for this time. */
const ANSWER_TIMEOUT_MS = 1500;

export interface ClientListing {
  /** Furthest behind first, then those with the most subscriptions. */
  readonly clients: readonly ClientView[];
  readonly total: number;
  /** Clients that hold each of the instruments that were asked about. */
  readonly holders: readonly number[];
}

/** Of a client: gone, or its worker had no time to answer. */
export type MissingClient = 'unknown' | 'silent';

export type DisconnectOutcome = 'done' | MissingClient;

/** The workers that are asked, by their number. */
export interface ClientWorkers {
  readonly running: () => readonly number[];
  /** How often a worker was started again: each time it numbers its connections from 1. */
  readonly restarts: (reader: number) => number;
  readonly post: (reader: number, message: ToClientReport) => void;
}

interface Question {
  readonly waiting: Set<number>;
  readonly answers: Map<number, FromClientReport>;
  readonly end: () => void;
}

export class ClientList {
  readonly #workers: ClientWorkers;
  readonly #questions = new Map<number, Question>();
  #nextId = 1;

  constructor(workers: ClientWorkers) {
    this.#workers = workers;
  }

  /** @param limit so many of all workers together */
  async describe(limit: number, instruments: readonly InstrumentName[]): Promise<ClientListing> {
    const running = this.#workers.running();
    // As they are when they are asked: one that answers may be another before the last has answered.
    const names = new Map(running.map((reader) => [reader, this.#nameOf(reader)]));
    const answers = await this.#ask(running, (id) => ({
      type: 'describeClients',
      id,
      limit,
      instruments,
    }));
    const clients: ClientView[] = [];
    const holders = instruments.map(() => 0);
    let total = 0;
    for (const [reader, answer] of answers) {
      if (answer.type !== 'clientsDescribed') continue;
      total += answer.total;
      for (const { connection, keyId, ...row } of answer.clients) {
        clients.push({
          id: `${names.get(reader)}-${connection}`,
          keyId: keyId && listedKeyId(keyId),
          ...row,
        });
      }
      for (const [i, count] of answer.holders.entries()) holders[i]! += count;
    }
    clients.sort(
      (one, other) => other.backlogBytes - one.backlogBytes || other.subscriptions - one.subscriptions,
    );
    return { clients: clients.slice(0, limit), total, holders };
  }

  /** @param id of a client that was listed */
  async disconnect(id: string): Promise<DisconnectOutcome> {
    const answer = await this.#askAbout(id, (question, connection) => ({
      type: 'disconnectClient',
      id: question,
      connection,
    }));
    if (answer === 'unknown') return answer;
    if (answer?.type !== 'clientDisconnected') return 'silent';
    return answer.isFound ? 'done' : 'unknown';
  }

  /**
   * @param id of a client that was listed
   * @param limit so many of its subscriptions, from the first on that it made
   */
  async subscriptions(id: string, limit: number): Promise<SubscriptionListing | MissingClient> {
    const answer = await this.#askAbout(id, (question, connection) => ({
      type: 'describeSubscriptions',
      id: question,
      connection,
      limit,
    }));
    if (answer === 'unknown') return answer;
    if (answer?.type !== 'subscriptionsDescribed') return 'silent';
    return answer.listing ?? 'unknown';
  }

  /** A worker's answer. */
  onMessage(reader: number, message: FromClientReport): void {
    const question = this.#questions.get(message.id);
    if (question === undefined || !question.waiting.delete(reader)) return;
    question.answers.set(reader, message);
    if (question.waiting.size === 0) question.end();
  }

  /** A worker has left: nobody waits for its answers any more. */
  onWorkerGone(reader: number): void {
    for (const question of this.#questions.values()) {
      if (question.waiting.delete(reader) && question.waiting.size === 0) question.end();
    }
  }

  /** Another one in each life of the worker: who was listed is never taken for somebody who came later. */
  #nameOf(reader: number): string {
    const restarts = this.#workers.restarts(reader);
    return restarts === 0 ? `${reader}` : `${reader}.${restarts}`;
  }

  /** Asks the worker of one client; undefined when it does not answer. */
  async #askAbout(
    id: string,
    ask: (question: number, connection: number) => ToClientReport,
  ): Promise<FromClientReport | 'unknown' | undefined> {
    const [name = '', connection = ''] = id.split('-');
    const reader = this.#workers.running().find((each) => this.#nameOf(each) === name);
    if (reader === undefined) return 'unknown';
    const answers = await this.#ask([reader], (question) => ask(question, Number(connection)));
    return answers.get(reader);
  }

  #ask(
    readers: readonly number[],
    ask: (id: number) => ToClientReport,
  ): Promise<ReadonlyMap<number, FromClientReport>> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const answers = new Map<number, FromClientReport>();
      const end = () => {
        clearTimeout(timer);
        this.#questions.delete(id);
        resolve(answers);
      };
      const timer = setTimeout(end, ANSWER_TIMEOUT_MS);
      this.#questions.set(id, { waiting: new Set(readers), answers, end });
      const message = ask(id);
      for (const reader of readers) this.#workers.post(reader, message);
      if (readers.length === 0) end();
    });
  }
}

/** As `tickwire keys list` has it, on a proxy host too, where the number of the feed stands before it. */
function listedKeyId(keyId: string): string {
  const inFeed = keyId.replace(/^\d+\//, '');
  return inFeed.startsWith(ownKeyId('')) ? inFeed.slice(ownKeyId('').length) : inFeed;
}

/**
 * What an engine's ticks come from, built and wired: the accounts, each with its connections to a broker, and OpenAlgo's
 * bus where it is wanted. Every connection writes into a ring of its own.
 */
import type { Piscina } from 'piscina';
import type { AccountStatus, RingHandle, ToReader } from '../workers/worker-messages.ts';
import { Accounts } from './brokers/accounts.ts';
import { BROKERS, streamKey } from './brokers/broker-registry.ts';
import { type AccountFeed, createFeedPool } from './brokers/create-feed-pool.ts';
import type { FeedPool } from './brokers/feed-pool.ts';
import type { ExchangeStanding, FeedStatus } from './brokers/feed-status.ts';
import type { OpenDatabase } from './database/open-database.ts';
import type { EngineMemory } from './engine-memory.ts';
import type { EngineOptions } from './engine-options.ts';
import type { OwnSessions } from './login/own-sessions.ts';
import { isOpenAlgoBusWanted, OpenAlgoBus } from './openalgo/openalgo-bus.ts';
import { blackBoxTask } from './worker-tasks.ts';

export interface EngineUpstreamsOptions {
  readonly engine: EngineOptions;
  readonly database: OpenDatabase;
  readonly ownSessions: OwnSessions;
  readonly statuses: FeedStatus;
  readonly memory: EngineMemory;
  /** Where feed workers run. */
  readonly threads: Piscina;
  /** Addresses by broker of what stands in for them; null for the brokers themselves. */
  readonly standInUrls: ReadonlyMap<string, string> | null;
  /** Tells all readers of the rings. */
  readonly post: (message: ToReader) => void;
  /** Instruments that are subscribed may be others now, or have room that they had not. */
  readonly onChanged: () => void;
}

export class EngineUpstreams {
  readonly #options: EngineUpstreamsOptions;
  readonly accounts: Accounts;
  /** Null where there is none. */
  readonly openalgoBus: OpenAlgoBus | null;

  constructor(options: EngineUpstreamsOptions) {
    const { database, ownSessions, standInUrls, post, onChanged } = options;
    const { config, log, standIn } = options.engine;
    this.#options = options;
    this.accounts = new Accounts({
      database,
      brokerApiKey: (name, broker) => ownSessions.apiKey(name, broker),
      brokers: standIn?.brokers ?? BROKERS,
      log,
      createPool: (broker, credentials, onState) => {
        const url = standInUrls?.get(broker.name) ?? config[streamKey(broker.name)];
        return this.#createPool({ broker, url, credentials, onState });
      },
      onStatus: (status) => post({ type: 'account', status }),
      onResumed: onChanged,
      onRefused: (name) => ownSessions.onRefused(name),
    });
    this.openalgoBus = isOpenAlgoBusWanted(config) ? this.#createOpenAlgoBus() : null;
  }

  /** The connections of each account. */
  get feedPools(): readonly FeedPool[] {
    return [...this.accounts.all()].map(({ pool }) => pool);
  }

  /** How whole exchanges stand on the connections. */
  exchanges(): readonly ExchangeStanding[] {
    return this.#options.statuses.exchanges();
  }

  /** Whether the broker refuses the tokens that a user has now. */
  isRefused(name: string): boolean {
    const feeds = [...this.accounts.all()]
      .filter((account) => account.name === name)
      .flatMap(({ pool }) => pool.feeds);
    return feeds.some(({ state }) => state === 'refused');
  }

  get accountStatuses(): readonly AccountStatus[] {
    return [...this.accounts.all()].map(({ status }) => status);
  }

  /** Somebody says that the session of a user has changed, or that of anybody with an empty name. */
  recheck(userId: string): void {
    try {
      this.accounts.check(userId);
    } catch (error) {
      const text = 'the broker session could not be read; the poll tries again';
      this.#options.engine.log.warn({ err: error, user: userId }, text);
    }
  }

  async stop(): Promise<void> {
    await this.openalgoBus?.stop();
    await this.accounts.stop();
  }

  #createPool(account: AccountFeed): FeedPool {
    const { threads, statuses, memory, post, onChanged } = this.#options;
    const { config, cwd, log, recordTo, standIn } = this.#options.engine;
    const { lastValues, doorbells, slotOwners } = memory;
    return createFeedPool(
      {
        config,
        log,
        threads,
        statuses,
        memory: { lastValues, doorbells, slotOwners },
        recorder: recordTo === undefined ? blackBoxTask(config, cwd) : { path: recordTo, bounds: null },
        isReplay: standIn !== undefined,
        addRing: () => this.#addRing(),
        nextEpoch: () => memory.nextEpoch(),
        onTokensWanted: () => this.recheck(''),
        onRefused: post,
        onRoom: onChanged,
      },
      account,
    );
  }

  #createOpenAlgoBus(): OpenAlgoBus {
    const { memory, post } = this.#options;
    const { config, log, onFatal } = this.#options.engine;
    const { ring } = this.#addRing();
    return new OpenAlgoBus({
      config,
      log,
      task: () => {
        const { lastValues, doorbells } = memory;
        return { epoch: memory.nextEpoch(), ring, lastValues, doorbells };
      },
      onOrderUpdate: post,
      onInvalidation: (userId) => this.recheck(userId),
      onFatal,
    });
  }

  /** A new ring, made known to every reader before the first tick can be in it. */
  #addRing(): RingHandle {
    const { memory, post } = this.#options;
    const ring = memory.addRing();
    post({ type: 'addRing', ring });
    return ring;
  }
}

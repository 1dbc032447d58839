/**
 * The broker sessions in use: one per OpenAlgo user, with the connections that it feeds. A session that the broker
 * refuses is read again until somebody has logged in anew; the same tokens are never tried twice.
 */
import type { Logger } from 'pino';
import type { FeedCredentials } from '../../workers/worker-messages.ts';
import { type BrokerSession, readBrokerSession } from '../auth/broker-session.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import { BROKERS, type BrokerRow } from './broker-registry.ts';
import type { FeedPool } from './feed-pool.ts';

/** One short SELECT, and only while a session is refused. */
const RENEWAL_POLL_MS = 1000;

export interface Account {
  /** OpenAlgo user name. */
  readonly name: string;
  readonly broker: BrokerRow;
  readonly pool: FeedPool;
  /** The tokens in use, from the latest login that was seen. */
  credentials: FeedCredentials;
}

export type AccountOutcome =
  | { readonly status: 'ok'; readonly account: Account }
  | { readonly status: 'error'; readonly code: string; readonly message: string };

export interface AccountsOptions {
  readonly database: OpenDatabase;
  readonly brokerApiKey: string;
  readonly log: Logger;
  readonly createPool: (
    broker: BrokerRow,
    /** Asked for each new connection, since the tokens change. */
    credentials: () => FeedCredentials,
    onRefused: (detail: string) => void,
  ) => FeedPool;
}

export class Accounts {
  readonly #options: AccountsOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #renewals = new Map<string, NodeJS.Timeout>();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  all(): Iterable<Account> {
    return this.#accounts.values();
  }

  /** An account that is in use, by name; with an empty name any account of a broker. */
  find(name: string, broker: string): Account | undefined {
    if (name !== '') return this.#accounts.get(name);
    for (const account of this.#accounts.values()) if (account.broker.name === broker) return account;
    return undefined;
  }

  /** The account of a user whose key is good. Messages are those of the deployed server. */
  open(name: string): AccountOutcome {
    const session = this.#readSession(name);
    if (session.status === 'none') {
      return {
        status: 'error',
        code: 'BROKER_ERROR',
        message: 'No broker configuration found for user',
      };
    }
    if (session.status === 'undecryptable') {
      const message = 'The broker session cannot be decrypted; log in to the broker again';
      return { status: 'error', code: 'BROKER_INIT_ERROR', message };
    }
    const broker = BROKERS.get(session.broker);
    if (broker === undefined) {
      const message = `Failed to create adapter for broker: ${session.broker}`;
      return { status: 'error', code: 'BROKER_ERROR', message };
    }
    const known = this.#accounts.get(name);
    if (known !== undefined && known.broker === broker) return { status: 'ok', account: known };
    // The user logged in at another broker: nothing of the old one is wanted any more.
    void known?.pool.stop();
    const pool = this.#options.createPool(
      broker,
      () => account.credentials,
      (detail) => this.#awaitRenewal(account, detail),
    );
    const account: Account = { name, broker, pool, credentials: this.#credentialsOf(name, session) };
    this.#accounts.set(name, account);
    pool.open();
    return { status: 'ok', account };
  }

  /** Opens the first account that has a session with a broker, for the bus, whose subscribers have no key. */
  openFirst(broker: string): Account | undefined {
    const rows = this.#options.database.db
      .prepare('SELECT name FROM auth WHERE broker = ? ORDER BY id')
      .all(broker);
    for (const { name } of rows) {
      const outcome = this.open(String(name));
      if (outcome.status === 'ok') return outcome.account;
    }
    return undefined;
  }

  async stop(): Promise<void> {
    for (const timer of this.#renewals.values()) clearInterval(timer);
    await Promise.all([...this.#accounts.values()].map(({ pool }) => pool.stop()));
  }

  #readSession(name: string): BrokerSession {
    return readBrokerSession(this.#options.database.db, this.#options.database.fernet, name);
  }

  #credentialsOf(name: string, session: Extract<BrokerSession, { status: 'ok' }>): FeedCredentials {
    return {
      authToken: session.authToken,
      feedToken: session.feedToken ?? '',
      apiKey: this.#options.brokerApiKey,
      // OpenAlgo leaves the client code empty for some logins, and sends the user name in its place.
      clientCode: session.clientCode ?? name,
    };
  }

  #awaitRenewal(account: Account, detail: string): void {
    const { name } = account;
    if (this.#renewals.has(name)) return;
    this.#options.log.error(
      { account: name, detail },
      'the broker refuses the session; log in to the broker again',
    );
    const timer = setInterval(() => {
      const credentials = this.#renewedCredentials(account);
      if (credentials === null) return;
      clearInterval(timer);
      this.#renewals.delete(name);
      account.credentials = credentials;
      account.pool.renew(credentials);
    }, RENEWAL_POLL_MS);
    this.#renewals.set(name, timer);
  }

  /** Other tokens than those in use, if somebody has logged in anew. */
  #renewedCredentials({ name, credentials: refused }: Account): FeedCredentials | null {
    try {
      const session = this.#readSession(name);
      if (session.status !== 'ok') return null;
      const renewed = this.#credentialsOf(name, session);
      const isSame = renewed.authToken === refused.authToken && renewed.feedToken === refused.feedToken;
      return isSame ? null : renewed;
    } catch (error) {
      // A writer may hold the database, or replace it; the next round looks again.
      this.#options.log.warn({ err: error, account: name }, 'the broker session could not be read');
      return null;
    }
  }
}

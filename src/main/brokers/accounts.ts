/**
 * The broker sessions in use: one per OpenAlgo user, with the connections that it feeds. OpenAlgo may change a session at
 * any time; `check` compares what is in use with the database:
 *
 * | the row says                     | what is done                                                                   |
 * | the same tokens, however encrypted | nothing                                                                      |
 * | other tokens or client code      | the connections are made anew with them, and carry what they carried            |
 * | logged out, or another broker that we have no feed for | the connections end; what clients hold waits for the next login |
 * | another broker                   | its connections take over what clients hold                                    |
 * | not decryptable                  | connections go on with the tokens they have; a new login replaces them          |
 *
 * Tokens that the broker refused are never tried twice: only a row with others leads to another attempt.
 */
import type { Logger } from 'pino';
import type { AccountStatus, FeedCredentials, FeedState } from '../../workers/worker-messages.ts';
import { type BrokerSession, readBrokerSession } from '../auth/broker-session.ts';
import { prepareForeign } from '../database/column.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import { Account, type CreatePool } from './account.ts';
import type { BrokerRow } from './broker-registry.ts';

export type AccountOutcome =
  | { readonly status: 'ok'; readonly account: Account }
  | { readonly status: 'error'; readonly code: string; readonly message: string };

export interface AccountsOptions {
  readonly database: OpenDatabase;
  /** API key of the app that a user's tokens at a broker belong to. */
  readonly brokerApiKey: (name: string, broker: string) => string;
  /** The brokers that there are a feed for, by name. */
  readonly brokers: ReadonlyMap<string, BrokerRow>;
  readonly log: Logger;
  readonly createPool: CreatePool;
  /** Told whenever an account appears, is connected, or is so no more. */
  readonly onStatus: (status: AccountStatus) => void;
  /** An account has a session again, or at another broker: what its instruments are may have changed. */
  readonly onResumed: () => void;
  /** The broker refuses a user's tokens. @returns whether others are on their way without anybody's doing */
  readonly onRefused: (name: string) => boolean;
}

export class Accounts {
  readonly #options: AccountsOptions;
  readonly #accounts = new Map<string, Account>();
  /** Users who were asked for and have had no session yet. */
  readonly #awaited = new Set<string>();
  /** Those of them who came with a key that is good. */
  readonly #unserved = new Set<string>();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  all(): Iterable<Account> {
    return this.#accounts.values();
  }

  /** Users whose key is good and who get nothing, since they have had no session yet. */
  get unserved(): number {
    return this.#unserved.size;
  }

  /** What is known of a user's session, with or without one now. */
  status(name: string): AccountStatus | undefined {
    return this.#accounts.get(name)?.status;
  }

  /**
   * An account with a session: by name, at this broker if one is named; with an empty name any account of the broker, a
   * connected one if there is one.
   */
  find(name: string, broker: string): Account | undefined {
    let found: Account | undefined;
    for (const account of this.#accounts.values()) {
      const isAtBroker = account.broker.name === broker;
      const isMeant = name === '' ? isAtBroker : account.name === name && (isAtBroker || broker === '');
      if (!isMeant || account.isSuspended) continue;
      if (name !== '' || account.status.isConnected) return account;
      found ??= account;
    }
    return found;
  }

  /**
   * The account of a user whose key is good, from its row as it is now. Messages are those of the deployed server.
   * @throws what SQLite throws if the row cannot be read now
   */
  open(name: string): AccountOutcome {
    const outcome = this.#follow(name);
    if (outcome.status === 'error' && !this.#accounts.has(name) && !this.#unserved.has(name)) {
      this.#unserved.add(name);
      const { code, message } = outcome;
      this.#options.log.warn(
        { account: name, code, message },
        'a user with a good key has no broker session',
      );
    }
    return outcome;
  }

  /** Opens the first account that has a session with a broker, for the bus, whose subscribers have no key. */
  openFirst(broker: string): Account | undefined {
    const { db } = this.#options.database;
    const rows = prepareForeign(db, 'SELECT name FROM auth WHERE broker = ? ORDER BY id').all(broker);
    for (const { name } of rows) {
      const outcome = this.#follow(String(name));
      if (outcome.status === 'ok') return outcome.account;
    }
    return undefined;
  }

  /**
   * Compares the session in use of one user, or of all with an empty name, with the database, and follows it. Cheap, and
   * harmless when nothing has changed.
   * @throws what SQLite throws if a row cannot be read now; the caller tries again
   */
  check(userId = ''): void {
    for (const name of [...this.#accounts.keys(), ...this.#awaited]) {
      if (userId === '' || userId === name) this.#follow(name);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#accounts.values()].map(({ pool }) => pool.stop()));
  }

  /** Takes over what the row of a user says now. */
  #follow(name: string): AccountOutcome {
    const { db, fernet } = this.#options.database;
    const outcome = this.#take(name, readBrokerSession(db, fernet, name));
    if (this.#accounts.has(name)) {
      this.#awaited.delete(name);
      this.#unserved.delete(name);
    } else this.#awaited.add(name);
    return outcome;
  }

  #take(name: string, session: BrokerSession): AccountOutcome {
    const known = this.#accounts.get(name);
    if (session.status === 'undecryptable') {
      const message = 'The broker session cannot be decrypted; log in to the broker again';
      return { status: 'error', code: 'BROKER_INIT_ERROR', message };
    }
    const broker = session.status === 'ok' ? this.#options.brokers.get(session.broker) : undefined;
    if (session.status !== 'ok' || broker === undefined) {
      const message =
        session.status === 'ok'
          ? `Failed to create adapter for broker: ${session.broker}`
          : 'No broker configuration found for user';
      if (known !== undefined) this.#suspend(known, message);
      return { status: 'error', code: 'BROKER_ERROR', message };
    }
    const credentials = broker.credentials(session, this.#options.brokerApiKey(name, broker.name), name);
    if (known === undefined) return { status: 'ok', account: this.#add(name, broker, credentials) };
    if (known.broker !== broker) this.#changeBroker(known, broker, credentials);
    else if (known.isSuspended || !known.uses(credentials)) this.#renew(known, credentials);
    return { status: 'ok', account: known };
  }

  #add(name: string, broker: BrokerRow, credentials: FeedCredentials): Account {
    const account = new Account({ name, broker, credentials }, this.#options.createPool, (...change) =>
      this.#onState(...change),
    );
    this.#accounts.set(name, account);
    account.pool.open();
    this.#options.onStatus(account.status);
    return account;
  }

  #suspend(account: Account, message: string): void {
    if (account.isSuspended) return;
    this.#options.log.warn({ account: account.name, message }, 'the broker session has ended');
    account.suspend(message);
    this.#options.onStatus(account.status);
  }

  #renew(account: Account, credentials: FeedCredentials): void {
    this.#options.log.info({ account: account.name }, 'the broker session has new tokens');
    const wasSuspended = account.isSuspended;
    account.renew(credentials);
    this.#options.onStatus(account.status);
    if (wasSuspended) this.#options.onResumed();
  }

  #changeBroker(account: Account, broker: BrokerRow, credentials: FeedCredentials): void {
    this.#options.log.info({ account: account.name, broker: broker.name }, 'the user has changed the broker');
    account.changeBroker(broker, credentials);
    account.pool.open();
    this.#options.onStatus(account.status);
    this.#options.onResumed();
  }

  #onState(account: Account, state: FeedState, detail: string): void {
    if (state === 'refused' && !account.isSuspended) this.#onRefused(account, detail);
    this.#options.onStatus(account.status);
  }

  /** The user may have logged in again since the session was read: that ends the old tokens. */
  #onRefused(account: Account, detail: string): void {
    const { log } = this.#options;
    const { credentials } = account;
    try {
      this.check(account.name);
    } catch (error) {
      log.warn({ err: error, account: account.name }, 'the session could not be read; the poll tries again');
    }
    // With other tokens the connection is on its way again.
    if (account.credentials !== credentials || account.isSuspended) return;
    if (this.#options.onRefused(account.name)) {
      log.warn({ account: account.name, detail }, 'the broker refuses the session; it is renewed');
      return;
    }
    const message = 'the broker refuses the session; log in to the broker again';
    log.error({ account: account.name, detail }, message);
  }
}

/** The logins that were made here: the broker session in OpenAlgo's form, and beside it what only we need. */
import { createHmac } from 'node:crypto';
import { textColumn } from '../database/column.ts';
import { insertUser } from '../database/insert-user.ts';
import type { OwnDatabase } from '../database/own-database.ts';
import type { SessionTokens } from './angel-login.ts';

export interface StoredLogin {
  readonly broker: string;
  readonly clientCode: string;
  /** API key of the app that the tokens belong to. */
  readonly apiKey: string;
  readonly tokens: SessionTokens;
}

export class LoginStore {
  readonly #database: OwnDatabase;

  constructor(database: OwnDatabase) {
    this.#database = database;
  }

  hasUser(name: string): boolean {
    return this.#database.db.prepare('SELECT 1 FROM api_keys WHERE user_id = ?').get(name) !== undefined;
  }

  /** @returns the API key, which can be read nowhere else */
  createUser(name: string): string {
    const { pepper, fernet } = this.#database;
    return this.#transaction((db) => insertUser(db, name, pepper, fernet));
  }

  /**
   * Stores a session as OpenAlgo does, so that the engine's next look at the database finds it. After a login with
   * credentials no refused ones are remembered any more.
   */
  save(name: string, login: StoredLogin, how: 'login' | 'renewal'): void {
    const { broker, clientCode, apiKey, tokens } = login;
    const { fernet } = this.#database;
    this.#transaction((db) => {
      db.prepare(
        `INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES (?, ?, ?, ?, ?, 0)
          ON CONFLICT (name) DO UPDATE SET auth = excluded.auth, feed_token = excluded.feed_token,
          broker = excluded.broker, user_id = excluded.user_id, is_revoked = 0`,
      ).run(name, fernet.encrypt(tokens.authToken), fernet.encrypt(tokens.feedToken), broker, clientCode);
      db.prepare(
        `INSERT INTO tickwire_logins (name, broker, client_code, api_key, refresh_token, logged_in_at)
          VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET broker = excluded.broker,
          client_code = excluded.client_code, api_key = excluded.api_key, refresh_token = excluded.refresh_token,
          logged_in_at = excluded.logged_in_at`,
      ).run(
        name,
        broker,
        clientCode,
        fernet.encrypt(apiKey),
        fernet.encrypt(tokens.refreshToken),
        Date.now(),
      );
      if (how === 'login')
        db.prepare('UPDATE tickwire_logins SET stopped_with = NULL WHERE name = ?').run(name);
    });
  }

  /** A user's login that was made here; null without one, or when it was made under other secrets. */
  read(name: string): StoredLogin | null {
    const { db, fernet } = this.#database;
    const row = db
      .prepare(
        `SELECT l.broker, l.client_code, l.api_key, l.refresh_token, a.auth, a.feed_token FROM tickwire_logins l
          JOIN auth a ON a.name = l.name AND a.broker = l.broker AND a.user_id = l.client_code WHERE l.name = ?`,
      )
      .get(name);
    if (row === undefined) return null;
    const [apiKey, refreshToken, authToken, feedToken] = [
      'api_key',
      'refresh_token',
      'auth',
      'feed_token',
    ].map((column) => fernet.decrypt(textColumn(row, column)));
    if (!apiKey || !refreshToken || !authToken || !feedToken) return null;
    const tokens = { authToken, feedToken, refreshToken };
    return { broker: textColumn(row, 'broker'), clientCode: textColumn(row, 'client_code'), apiKey, tokens };
  }

  /** Notes that the broker has refused these credentials, so that no engine tries them again. */
  stop(name: string, credentials: readonly string[]): void {
    this.#database.db
      .prepare('UPDATE tickwire_logins SET stopped_with = ? WHERE name = ?')
      .run(this.#markOf(credentials), name);
  }

  isStopped(name: string, credentials: readonly string[]): boolean {
    const row = this.#database.db
      .prepare('SELECT stopped_with FROM tickwire_logins WHERE name = ?')
      .get(name);
    return row?.stopped_with === this.#markOf(credentials);
  }

  /** Tells two sets of credentials apart and tells nothing else of them. */
  #markOf(credentials: readonly string[]): string {
    return createHmac('sha256', this.#database.pepper).update(JSON.stringify(credentials)).digest('hex');
  }

  #transaction<T>(write: (db: OwnDatabase['db']) => T): T {
    const { db } = this.#database;
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = write(db);
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

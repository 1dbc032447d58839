/** What the engine reads of the logins that were made by `tickwire login`; OpenAlgo's database has none. */
import type { Fernet } from '../auth/fernet.ts';
import { textColumn } from '../database/column.ts';
import type { DatabaseSync } from '../database/sqlite.ts';

export class OwnLogins {
  readonly #db: DatabaseSync | null;
  readonly #fernet: Fernet;

  /** @param isEmbedded whether this is the embedded database, which alone has the table */
  constructor(db: DatabaseSync, fernet: Fernet, isEmbedded: boolean) {
    this.#db = isEmbedded ? db : null;
    this.#fernet = fernet;
  }

  has(name: string): boolean {
    return this.#db?.prepare('SELECT 1 FROM tickwire_logins WHERE name = ?').get(name) !== undefined;
  }

  /** The API key that a user's tokens belong to, null for a login that was not made here. */
  apiKey(name: string, broker: string): string | null {
    const row = this.#db
      ?.prepare('SELECT api_key FROM tickwire_logins WHERE name = ? AND broker = ?')
      .get(name, broker);
    return row === undefined ? null : this.#fernet.decrypt(textColumn(row, 'api_key'));
  }

  /** Brokers of whom there is a login. */
  brokers(): string[] {
    const rows = this.#db?.prepare('SELECT DISTINCT broker FROM tickwire_logins ORDER BY broker').all() ?? [];
    return rows.map((row) => textColumn(row, 'broker'));
  }
}

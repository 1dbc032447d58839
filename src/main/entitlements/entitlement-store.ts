/** What `tickwire keys` does to the file of roles and keys. Each call is one transaction. */
import { createHash, randomBytes } from 'node:crypto';
import type { Rights } from '../../workers/entitlement-messages.ts';
import type { DatabaseSync } from '../database/sqlite.ts';
import { TickwireError } from '../errors.ts';
import { type OwnKey, readTables } from './entitlement-book.ts';
import { openEntitlementsForWriting } from './entitlement-file.ts';
import { toColumns } from './role-row.ts';

/** As long as OpenAlgo's keys; the prefix lets people and scanners of secrets see what it is. */
const KEY_BYTES = 32;
const KEY_PREFIX = 'tw_';
/** Numbers are the same nowhere else, so that files of several feed hosts may be put together. */
const ID_BYTES = 4;

export interface NewKey {
  readonly user: string;
  readonly name: string;
  /** Null: that of the user. */
  readonly role: string | null;
}

/** Whose role it is: one key of Tickwire's own, or a user with OpenAlgo's key and all keys without a role of their own. */
export type RoleHolder = { readonly key: string } | { readonly user: string };

export class EntitlementStore {
  readonly #db: DatabaseSync;

  /** @throws TickwireError ENTITLEMENTS_UNWRITABLE, ENTITLEMENTS_UNREADABLE */
  constructor(path: string) {
    this.#db = openEntitlementsForWriting(path);
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Makes a key; the text of it is known to nobody else, and stored nowhere.
   * @throws TickwireError ROLE_UNKNOWN
   */
  createKey({ user, name, role }: NewKey): { readonly key: string; readonly stored: OwnKey } {
    const key = KEY_PREFIX + randomBytes(KEY_BYTES).toString('hex');
    const stored: OwnKey = {
      id: randomBytes(ID_BYTES).toString('hex'),
      user,
      name,
      digest: createHash('sha256').update(key, 'utf8').digest('hex'),
      role,
      created: new Date().toISOString(),
      revoked: null,
    };
    this.#write(() => {
      if (role !== null) this.#needRole(role);
      this.#db
        .prepare('INSERT INTO keys (id, user, name, digest, role, created) VALUES (?, ?, ?, ?, ?, ?)')
        .run(stored.id, user, name, stored.digest, role, stored.created);
    });
    return { key, stored };
  }

  /** Once revoked it stays so. @throws TickwireError KEY_UNKNOWN */
  revokeKey(id: string): OwnKey {
    return this.#write(() => {
      this.#needKey(id);
      this.#db
        .prepare('UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL')
        .run(new Date().toISOString(), id);
      return this.#needKey(id);
    });
  }

  /** Makes a role, or changes it. @param change what it becomes, from what it is; null for one that is new */
  setRole(name: string, change: (before: Rights | null) => Rights): Rights {
    return this.#write(() => {
      const after = change(readTables(this.#db).roles.get(name) ?? null);
      const { modes, depth_levels, exchanges, symbols, orders, limits } = toColumns(after);
      this.#db
        .prepare(
          `INSERT INTO roles (name, modes, depth_levels, exchanges, symbols, orders, limits)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET modes = excluded.modes, depth_levels = excluded.depth_levels,
            exchanges = excluded.exchanges, symbols = excluded.symbols, orders = excluded.orders,
            limits = excluded.limits`,
        )
        .run(name, modes, depth_levels, exchanges, symbols, orders, limits);
      return after;
    });
  }

  /** @throws TickwireError ROLE_UNKNOWN, ROLE_IN_USE */
  removeRole(name: string): void {
    this.#write(() => {
      this.#needRole(name);
      const holders = this.#db
        .prepare(
          `SELECT 'key ' || id AS holder FROM keys WHERE role = ? AND revoked IS NULL
            UNION ALL SELECT 'user ' || name FROM users WHERE role = ?`,
        )
        .all(name, name)
        .map(({ holder }) => String(holder));
      if (holders.length > 0) {
        throw new TickwireError(
          'ROLE_IN_USE',
          `Role ${name} cannot be removed while it is that of ${holders.join(', ')}. Give them another first: ` +
            'tickwire keys role assign <role> --key <id> or --user <name>.',
        );
      }
      // A revoked key has no rights whatever its role was.
      this.#db.prepare('UPDATE keys SET role = NULL WHERE role = ?').run(name);
      this.#db.prepare('DELETE FROM roles WHERE name = ?').run(name);
    });
  }

  /** @param role null: a key gets that of its user, a user `full` @throws TickwireError ROLE_UNKNOWN, KEY_UNKNOWN */
  assignRole(role: string | null, holder: RoleHolder): void {
    this.#write(() => {
      if (role !== null) this.#needRole(role);
      if ('key' in holder) {
        this.#needKey(holder.key);
        this.#db.prepare('UPDATE keys SET role = ? WHERE id = ?').run(role, holder.key);
      } else if (role === null) {
        this.#db.prepare('DELETE FROM users WHERE name = ?').run(holder.user);
      } else {
        this.#db
          .prepare(
            'INSERT INTO users (name, role) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET role = excluded.role',
          )
          .run(holder.user, role);
      }
    });
  }

  #needRole(name: string): void {
    const known = [...readTables(this.#db).roles.keys()];
    if (known.includes(name)) return;
    throw new TickwireError(
      'ROLE_UNKNOWN',
      `There is no role ${name}; there is ${known.join(', ')}. Make it first: tickwire keys role set ${name} …`,
    );
  }

  #needKey(id: string): OwnKey {
    const found = [...readTables(this.#db).keys.values()].find((key) => key.id === id);
    if (found !== undefined) return found;
    throw new TickwireError('KEY_UNKNOWN', `There is no key with the id ${id}. See tickwire keys list.`);
  }

  #write<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

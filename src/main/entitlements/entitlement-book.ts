/** Roles and keys at one moment, as they stand in the file. */
import type { KeyStanding, Rights } from '../../workers/entitlement-messages.ts';
import { textColumn } from '../database/column.ts';
import type { DatabaseSync } from '../database/sqlite.ts';
import { everythingAllowed, FULL_ROLE, fromRow, nothingAllowed } from './role-row.ts';

/** A key that Tickwire has made. */
export interface OwnKey {
  readonly id: string;
  /** The OpenAlgo user whose broker session it uses. */
  readonly user: string;
  /** For people; may be empty. */
  readonly name: string;
  /** SHA-256 of the key, hex. */
  readonly digest: string;
  /** Null: that of the user. */
  readonly role: string | null;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** When it was revoked; null while it is good. */
  readonly revoked: string | null;
}

export interface EntitlementBook {
  /** By name. */
  readonly roles: ReadonlyMap<string, Rights>;
  /** By digest. */
  readonly keys: ReadonlyMap<string, OwnKey>;
  /** Roles by user. */
  readonly users: ReadonlyMap<string, string>;
  /** Roles that cannot be read and therefore allow nothing: `role.column`. */
  readonly badRoles: readonly string[];
}

export const EMPTY_BOOK: EntitlementBook = {
  roles: new Map([[FULL_ROLE, everythingAllowed(FULL_ROLE)]]),
  keys: new Map(),
  users: new Map(),
  badRoles: [],
};

/** The number of a key of Tickwire's own, and of OpenAlgo's key of a user, as everybody but this folder names them. */
export const ownKeyId = (id: string) => `own:${id}`;
export const openAlgoKeyId = (user: string) => `openalgo:${user}`;

/** @throws what SQLite throws */
export function readEntitlementBook(db: DatabaseSync): EntitlementBook {
  db.exec('BEGIN');
  try {
    return readTables(db);
  } finally {
    db.exec('COMMIT');
  }
}

/** As `readEntitlementBook`, within the caller's transaction. */
export function readTables(db: DatabaseSync): EntitlementBook {
  const roles = new Map<string, Rights>();
  const badRoles: string[] = [];
  for (const row of db.prepare('SELECT * FROM roles ORDER BY name').all()) {
    const name = textColumn(row, 'name');
    const read = fromRow(row);
    roles.set(name, 'rights' in read ? read.rights : nothingAllowed(name));
    if ('badColumn' in read) badRoles.push(`${name}.${read.badColumn}`);
  }
  const keys = new Map<string, OwnKey>();
  for (const row of db.prepare('SELECT * FROM keys ORDER BY created, id').all()) {
    const key: OwnKey = {
      id: textColumn(row, 'id'),
      user: textColumn(row, 'user'),
      name: textColumn(row, 'name'),
      digest: textColumn(row, 'digest'),
      role: row.role === null ? null : textColumn(row, 'role'),
      created: textColumn(row, 'created'),
      revoked: row.revoked === null ? null : textColumn(row, 'revoked'),
    };
    keys.set(key.digest, key);
  }
  const users = new Map<string, string>();
  for (const row of db.prepare('SELECT name, role FROM users ORDER BY name').all()) {
    users.set(textColumn(row, 'name'), textColumn(row, 'role'));
  }
  return { roles, keys, users, badRoles };
}

/** What OpenAlgo's own key of a user may do. */
export function rightsOfUser(book: EntitlementBook, user: string): Rights | null {
  return rightsOfRole(book, book.users.get(user));
}

/** What a key of Tickwire's own may do: what its role says, else what its user may. */
export function rightsOfKey(book: EntitlementBook, key: OwnKey): Rights | null {
  return key.role === null ? rightsOfUser(book, key.user) : rightsOfRole(book, key.role);
}

/** How every key stands of which the book says anything, by its number. */
export function standingsOf(book: EntitlementBook): ReadonlyMap<string, KeyStanding> {
  const standings = new Map<string, KeyStanding>();
  for (const key of book.keys.values()) {
    const keyId = ownKeyId(key.id);
    const isGood = key.revoked === null;
    standings.set(
      keyId,
      isGood ? { keyId, status: 'good', rights: rightsOfKey(book, key) } : { keyId, status: 'revoked' },
    );
  }
  for (const user of book.users.keys()) {
    const keyId = openAlgoKeyId(user);
    standings.set(keyId, { keyId, status: 'good', rights: rightsOfUser(book, user) });
  }
  return standings;
}

/** How a key stands of which the book says nothing: one of Tickwire's own is gone, a user's may do everything. */
export function unnamedStanding(keyId: string): KeyStanding {
  return keyId.startsWith(ownKeyId(''))
    ? { keyId, status: 'revoked' }
    : { keyId, status: 'good', rights: null };
}

/** A role that is named and not there was removed by hand: whoever has it may do nothing until somebody says what. */
function rightsOfRole({ roles }: EntitlementBook, name: string | undefined): Rights | null {
  if (name === undefined || name === FULL_ROLE) return null;
  return roles.get(name) ?? nothingAllowed(name);
}

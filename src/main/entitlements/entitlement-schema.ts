/**
 * Tickwire's own tables, in a file of their own: OpenAlgo's database is OpenAlgo's to write. A list that is NULL allows
 * everything of its kind; a role that is NULL is that of the user, and a user without one may do everything.
 */
import type { DatabaseSync } from '../database/sqlite.ts';
import { FULL_ROLE } from './role-row.ts';

/** Rises when an old Tickwire would misread a new file. */
const SCHEMA_VERSION = 1;

const TABLES = `
CREATE TABLE roles (
  name TEXT NOT NULL PRIMARY KEY,
  modes TEXT,
  depth_levels TEXT,
  exchanges TEXT,
  symbols TEXT,
  orders TEXT NOT NULL DEFAULT 'true',
  limits TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE TABLE keys (
  id TEXT NOT NULL PRIMARY KEY,
  user TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  role TEXT REFERENCES roles (name),
  created TEXT NOT NULL,
  revoked TEXT
) STRICT;
CREATE TABLE users (
  name TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL REFERENCES roles (name)
) STRICT;
INSERT INTO roles (name) VALUES ('${FULL_ROLE}');
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Creates the tables in an empty file. The caller has begun a transaction. */
export function createEntitlementTables(db: DatabaseSync): void {
  if (schemaVersion(db) === 0) db.exec(TABLES);
}

/** Why a file cannot be read by this version, null if it can. */
export function schemaProblem(db: DatabaseSync): string | null {
  const version = schemaVersion(db);
  if (version === SCHEMA_VERSION) return null;
  return version === 0
    ? 'it has no tables of Tickwire'
    : `it is of version ${version}, this Tickwire reads version ${SCHEMA_VERSION}`;
}

function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

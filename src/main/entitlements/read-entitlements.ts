import { statSync } from 'node:fs';
import type { Config } from '../config-options.ts';
import { EMPTY_BOOK, type EntitlementBook, readEntitlementBook } from './entitlement-book.ts';
import { openEntitlements } from './entitlement-file.ts';
import { entitlementsPath } from './entitlements-path.ts';

/** Roles and keys as they are; there is no file before the first of them. @throws TickwireError ENTITLEMENTS_UNREADABLE */
export function readEntitlements(config: Pick<Config, 'entitlements'>, cwd: string): EntitlementBook {
  const path = entitlementsPath(config, cwd);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return EMPTY_BOOK;
  const db = openEntitlements(path);
  try {
    return readEntitlementBook(db);
  } finally {
    db.close();
  }
}

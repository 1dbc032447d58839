/** Roles and keys of an engine under test, written as `tickwire keys` writes them. */
import { dirname, join } from 'node:path';
import { EntitlementStore } from '../../src/main/entitlements/entitlement-store.ts';
import { everythingAllowed } from '../../src/main/entitlements/role-row.ts';
import type { Rights } from '../../src/workers/entitlement-messages.ts';

/** Flags of the engine: a change is found soon, and who tries a new key until it is found is not turned away. */
export const ENTITLEMENT_FLAGS = ['--entitlements-poll=10ms', '--auth-attempts=0'];

/** A role that allows everything but what is given. */
export function rightsOf(role: string, given: Partial<Omit<Rights, 'role'>> = {}): Rights {
  return { ...everythingAllowed(role), ...given };
}

/** @param databasePath the file lies beside it */
export function writeEntitlements<T>(databasePath: string, write: (store: EntitlementStore) => T): T {
  const store = new EntitlementStore(join(dirname(databasePath), 'tickwire-entitlements.db'));
  try {
    return write(store);
  } finally {
    store.close();
  }
}

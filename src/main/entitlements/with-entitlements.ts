import type { Config } from '../config-options.ts';
import { EntitlementStore } from './entitlement-store.ts';
import { entitlementsPath } from './entitlements-path.ts';

/** Works on the file of roles and keys, which is made if it is not there, and closes it. */
export function withEntitlements<T>(
  config: Pick<Config, 'entitlements'>,
  cwd: string,
  work: (store: EntitlementStore) => T,
): T {
  const store = new EntitlementStore(entitlementsPath(config, cwd));
  try {
    return work(store);
  } finally {
    store.close();
  }
}

/** The keys of the dashboard, as configured, as the demo has them, or made. Main thread. */
import { isLoopback } from '../config/loopback.ts';
import type { Config } from '../config-options.ts';
import { digestOf, type KeyDigests } from './key-check.ts';

export type OperatorKeyConfig = Pick<Config, 'adminKey' | 'viewerKey' | 'opsHost'>;

export interface OperatorKeys {
  readonly admin: string;
  readonly viewer: string | null;
}

/**
 * Without a configured admin key there is one all the same, which whoever runs the engine can ask for.
 *
 * @param demoKey null where this is no demo
 * @param made a key that takes its place without either, see `made-key.ts`
 */
export function chooseOperatorKeys(
  { adminKey, viewerKey, opsHost }: OperatorKeyConfig,
  demoKey: string | null,
  made: string,
): OperatorKeys {
  // Whoever reaches the clients' page reads the demo key there.
  const ownKey = isLoopback(opsHost) ? (demoKey ?? made) : made;
  return { admin: adminKey ?? ownKey, viewer: viewerKey };
}

export function digestsOf({ admin, viewer }: OperatorKeys): KeyDigests {
  return { admin: digestOf(admin), viewer: viewer === null ? null : digestOf(viewer) };
}

/** The key is behind the #, which browsers keep to themselves. */
export function dashboardLink(url: string, key: string): string {
  return `${url}#key=${encodeURIComponent(key)}`;
}

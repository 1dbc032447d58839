/** The keys of the dashboard, as configured, as the demo has them, or made for this life of the process. Main thread. */
import { randomBytes } from 'node:crypto';
import { isLoopback } from '../config/loopback.ts';
import type { Config } from '../config-options.ts';
import { digestOf, type KeyDigests } from './key-check.ts';

const MADE_KEY_BYTES = 24;

export type OperatorKeyConfig = Pick<Config, 'adminKey' | 'viewerKey' | 'opsHost'>;

export interface OperatorKeys {
  readonly admin: string;
  readonly viewer: string | null;
}

/**
 * Without a configured admin key there is one all the same, which whoever runs the engine can ask for.
 *
 * @param demoKey null where this is no demo
 * @param made a key that takes its place without either; the same one for the life of the process
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

/** A key that nobody guesses; in a link it needs no escapes. */
export function makeOperatorKey(): string {
  return randomBytes(MADE_KEY_BYTES).toString('base64url');
}

export function digestsOf({ admin, viewer }: OperatorKeys): KeyDigests {
  return { admin: digestOf(admin), viewer: viewer === null ? null : digestOf(viewer) };
}

/** The key is behind the #, which browsers keep to themselves. */
export function dashboardLink(url: string, key: string): string {
  return `${url}#key=${encodeURIComponent(key)}`;
}

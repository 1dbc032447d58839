/**
 * What a key may do, and how workers learn that it has changed. Roles are kept in the main thread of the process that has
 * the database; they are checked where clients subscribe.
 */
import type { Mode } from '../codec/tick.ts';

/** What the role of a key allows. A list that is null allows everything of its kind. */
export interface Rights {
  /** Name of the role, as clients read it in a refusal. */
  readonly role: string;
  readonly modes: readonly Mode[] | null;
  /** Levels per side. Depth (mode 3) has five of them. */
  readonly depthLevels: readonly number[] | null;
  readonly exchanges: readonly string[] | null;
  /** Patterns: see `proxy/entitlements/symbol-pattern.ts`. */
  readonly symbols: readonly string[] | null;
  /** Order updates of the key's user. */
  readonly orders: boolean;
  readonly limits: RightsLimits;
  /** What other feed hosts say of the same key: each of them has to allow what this role allows. */
  readonly also?: readonly Rights[];
}

/** Limits of one key, in place of the configured ones. Null: the configured limit. 0: none. */
export interface RightsLimits {
  readonly maxConnections: number | null;
  readonly maxSubscriptions: number | null;
  readonly requestsPerSecond: number | null;
}

/** How a key stands from now on. */
export type KeyStanding =
  | { readonly keyId: string; readonly status: 'good'; readonly rights: Rights | null }
  | { readonly keyId: string; readonly status: 'revoked' };

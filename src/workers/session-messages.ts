/**
 * What proxy workers and the main thread of their process say to each other about sessions: a client that comes back may
 * come to another worker. What a session holds is packed by the worker and opaque to main.
 */

export type ToSessionStore =
  /** A client has authenticated and wants a session: the one that it names, or a new one. Answered by `sessionGranted`. */
  | {
      readonly type: 'sessionWanted';
      readonly id: number;
      /** Whose sessions it may have: user and key. */
      readonly holder: string;
      /** Null for a new one. */
      readonly session: string | null;
    }
  /** The connection of a session has ended, and this is what it held. */
  | { readonly type: 'sessionParked'; readonly session: string; readonly image: Uint8Array }
  /** Nobody will come back to this session. */
  | { readonly type: 'sessionDropped'; readonly session: string };

export type FromSessionStore =
  | { readonly type: 'sessionGranted'; readonly id: number; readonly grant: SessionGrant }
  /** Another connection asks for this session: its present one is to be closed, which parks it. */
  | { readonly type: 'sessionTaken'; readonly session: string };

export interface SessionGrant {
  /** Null where no more sessions are to be had; `refusal` says why. */
  readonly session: string | null;
  readonly refusal: string;
  /** What the named session held, null where there is no such session for this holder, or none was named. */
  readonly image: Uint8Array | null;
  /** For so long nobody was connected to it. */
  readonly awayMs: number;
}

/** Types that are looked at before all others: one of them is not known to the control plane. */
const TO_STORE: ReadonlySet<string> = new Set<ToSessionStore['type']>([
  'sessionWanted',
  'sessionParked',
  'sessionDropped',
]);

export function isToSessionStore(message: { readonly type: string }): message is ToSessionStore {
  return TO_STORE.has(message.type);
}

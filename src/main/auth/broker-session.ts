import { prepareForeign, textColumn } from '../database/column.ts';
import type { DatabaseSync } from '../database/sqlite.ts';
import type { Fernet } from './fernet.ts';

/** A user's session at the broker, as OpenAlgo left it in the database. */
export type BrokerSession =
  | {
      readonly status: 'ok';
      /** Plugin name, for example `angel`. */
      readonly broker: string;
      /** Bare token, without `Bearer `. */
      readonly authToken: string;
      /** Null for brokers without one. */
      readonly feedToken: string | null;
      /** The broker's client code; null if OpenAlgo stored none. */
      readonly clientCode: string | null;
    }
  /** No login today, or logged out. */
  | { readonly status: 'none' }
  /** Encrypted under a pepper or salt that we do not have: the user must log in to the broker again. */
  | { readonly status: 'undecryptable' };

const SELECT_SESSION = 'SELECT auth, feed_token, broker, user_id, is_revoked FROM auth WHERE name = ?';

/** Reads the broker session of an OpenAlgo user, always from the database, since a login may change it at any time. */
export function readBrokerSession(db: DatabaseSync, fernet: Fernet, userId: string): BrokerSession {
  const row = prepareForeign(db, SELECT_SESSION).get(userId);
  if (row === undefined || row.is_revoked === 1n) return { status: 'none' };
  const broker = textColumn(row, 'broker');
  const encryptedAuth = textColumn(row, 'auth');
  if (broker === '' || encryptedAuth === '') return { status: 'none' };

  const authToken = fernet.decrypt(encryptedAuth);
  const encryptedFeed = textColumn(row, 'feed_token');
  const feedToken = encryptedFeed === '' ? null : fernet.decrypt(encryptedFeed);
  if (authToken === null || (encryptedFeed !== '' && feedToken === null)) return { status: 'undecryptable' };
  const clientCode = textColumn(row, 'user_id') || null;
  return { status: 'ok', broker, authToken: bareToken(authToken), feedToken, clientCode };
}

/** Some logins stored the token as the header has it. */
function bareToken(token: string): string {
  return token.trim().replace(/^bearer\s+/i, '');
}

/**
 * Who may do what, as the engine knows it: read from the file, and read again when somebody has written to it. Without a
 * file there are no roles: OpenAlgo's keys may do everything, and there are no others.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Logger } from 'pino';
import type { KeyStanding, Rights } from '../../workers/entitlement-messages.ts';
import type { DatabaseSync } from '../database/sqlite.ts';
import { TickwireError } from '../errors.ts';
import {
  EMPTY_BOOK,
  type EntitlementBook,
  type OwnKey,
  readEntitlementBook,
  rightsOfKey,
  rightsOfUser,
  standingsOf,
  unnamedStanding,
} from './entitlement-book.ts';
import { openEntitlements, unreadable } from './entitlement-file.ts';

export interface EntitlementsOptions {
  /** Absolute. There need not be a file. */
  readonly path: string;
  /** Somebody has named the path, and may not know that there is none. */
  readonly isNamed: boolean;
  readonly pollMs: number;
  /** How keys stand now that stood otherwise before. */
  readonly onChange: (changed: readonly KeyStanding[]) => void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

export class Entitlements {
  readonly #options: EntitlementsOptions;
  #db: DatabaseSync | null = null;
  /** What the file that is open looked like when it was read, and what SQLite counted of the writes to it. */
  #seen = '';
  #dataVersion: unknown = null;
  #book: EntitlementBook = EMPTY_BOOK;
  #standings: ReadonlyMap<string, KeyStanding> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #trouble = '';

  /** @throws TickwireError ENTITLEMENTS_UNREADABLE: an engine that cannot know what is forbidden does not start */
  constructor(options: EntitlementsOptions) {
    this.#options = options;
    try {
      this.#readFirst();
    } catch (error) {
      this.stop();
      throw error instanceof TickwireError ? error : unreadable(options.path, error);
    }
  }

  /** Looks for changes from now on. A look without news costs some microseconds. */
  watch(): void {
    this.#timer ??= setInterval(() => this.#look(), this.#options.pollMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#db?.close();
    this.#db = null;
  }

  /** The key of Tickwire's own that a text is, good or revoked. */
  find(key: string): OwnKey | undefined {
    if (this.#book.keys.size === 0) return undefined;
    return this.#book.keys.get(createHash('sha256').update(key, 'utf8').digest('hex'));
  }

  /** Null: everything is allowed. */
  rightsOf(owner: OwnKey | { readonly user: string }): Rights | null {
    return 'digest' in owner ? rightsOfKey(this.#book, owner) : rightsOfUser(this.#book, owner.user);
  }

  /** How a key stands now, by its number. */
  standing(keyId: string): KeyStanding {
    return this.#standings.get(keyId) ?? unnamedStanding(keyId);
  }

  #look(): void {
    const { onChange, log } = this.#options;
    try {
      const changed = this.#read();
      this.#trouble = '';
      if (changed.length === 0) return;
      log.info({ keys: changed.length }, 'what keys may do has changed');
      onChange(changed);
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== this.#trouble) {
        log.warn({ reason: trouble }, 'what keys may do stays as it was');
      }
      this.#trouble = trouble;
    }
  }

  #readFirst(): void {
    const { path, isNamed, log } = this.#options;
    const file = statSync(path, { throwIfNoEntry: false });
    // A copy that was cut short, say: nobody knows what it forbade.
    if (file?.size === 0) throw new Error('it is empty');
    if (file === undefined && isNamed) {
      log.warn(
        { path },
        'there is no file where TICKWIRE_ENTITLEMENTS says: every OpenAlgo key may do everything',
      );
    }
    this.#read();
  }

  /** Reads the file if it is another than was read, or has been written to. @returns what has changed */
  #read(): readonly KeyStanding[] {
    const { path, log } = this.#options;
    const file = statSync(path, { throwIfNoEntry: false });
    // One that is being made is empty until it is whole.
    if (file === undefined || file.size === 0) {
      if (this.#db === null) return [];
      throw new Error(
        `${path} is gone; bring it back, or start the engine anew to let every key do everything`,
      );
    }
    // A copy may have taken its place, also in the same inode and with the same count of writes. The count alone shows
    // two writes within the resolution of the file's time.
    const seen = `${file.ino} ${file.size} ${file.mtimeMs}`;
    if (this.#db === null || seen !== this.#seen) this.#open(path);
    const db = this.#db!;
    // Before the rows: a write in between only means one more reading.
    const dataVersion = db.prepare('PRAGMA data_version').get()?.data_version;
    if (dataVersion === this.#dataVersion) return [];
    const book = readEntitlementBook(db);
    this.#dataVersion = dataVersion;
    this.#seen = seen;
    if (book.badRoles.length > 0) {
      log.warn(
        { columns: book.badRoles },
        'roles that cannot be read allow nothing; tickwire keys role set repairs them',
      );
    }
    const before = this.#standings;
    this.#book = book;
    this.#standings = standingsOf(book);
    return differences(before, this.#standings);
  }

  #open(path: string): void {
    const db = openEntitlements(path);
    this.#db?.close();
    this.#db = db;
    this.#dataVersion = null;
  }
}

function differences(
  before: ReadonlyMap<string, KeyStanding>,
  after: ReadonlyMap<string, KeyStanding>,
): KeyStanding[] {
  const changed: KeyStanding[] = [];
  for (const [keyId, standing] of after) {
    const old = before.get(keyId) ?? unnamedStanding(keyId);
    if (JSON.stringify(old) !== JSON.stringify(standing)) changed.push(standing);
  }
  for (const keyId of before.keys()) if (!after.has(keyId)) changed.push(unnamedStanding(keyId));
  return changed;
}

/**
 * Our own limits of logins, so that no mistake of ours locks an account: 5 s between two, at most 5 in a quarter of an hour,
 * one at a time. They stand in the embedded database, since the engine and the command line share the account.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSync } from '../database/sqlite.ts';
import { whenWritable } from '../database/when-writable.ts';
import { TickwireError } from '../errors.ts';

const MIN_GAP_MS = 5000;
const WINDOW_MS = 15 * 60_000;
const MAX_IN_WINDOW = 5;
/** Longer than a call and the wait for a one-time code take; an attempt that has not ended by then belongs to a process that is no more. */
const MAX_CALL_MS = 60_000;

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = { now: Date.now, sleep: (ms) => sleep(ms) };

/** An attempt that may be made now. */
export interface Attempt {
  /** When the attempt before it began, epoch ms; null if none is remembered. */
  readonly previousMs: number | null;
  /** To be called at its end. What never came to the broker counts for nothing. */
  end(hasReached: boolean): Promise<void>;
}

export class LoginLimits {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends waits for another writer of the database */
  constructor(db: DatabaseSync, clock: Clock = SYSTEM_CLOCK, signal?: AbortSignal) {
    this.#db = db;
    this.#clock = clock;
    this.#signal = signal;
  }

  /**
   * Waits for the gap to the attempt before, and notes that one is made.
   *
   * @throws TickwireError LOGIN_LIMITED if there were too many already, or one is under way
   */
  async begin(broker: string, clientCode: string): Promise<Attempt> {
    for (;;) {
      const taken = await whenWritable(() => this.#take(broker, clientCode), this.#signal);
      if (typeof taken !== 'number') return taken;
      await this.#clock.sleep(taken);
    }
  }

  /** @returns the attempt, or how many ms to wait for it */
  #take(broker: string, clientCode: string): Attempt | number {
    const now = this.#clock.now();
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      // A clock that was set back must not lock anybody out.
      this.#db
        .prepare('DELETE FROM tickwire_login_attempts WHERE began_at <= ? OR began_at > ?')
        .run(now - WINDOW_MS, now);
      const attempts = this.#db
        .prepare(
          `SELECT began_at, ended_at FROM tickwire_login_attempts WHERE broker = ? AND client_code = ?
            ORDER BY began_at`,
        )
        .all(broker, clientCode);
      const first = attempts[0];
      const last = attempts.at(-1);
      if (first !== undefined && attempts.length >= MAX_IN_WINDOW) {
        const minutes = Math.ceil((Number(first.began_at) + WINDOW_MS - now) / 60_000);
        throw limited(
          `there were ${attempts.length} logins within a quarter of an hour, the next may come in ${minutes} min`,
        );
      }
      const previousMs = last === undefined ? null : Number(last.began_at);
      const sinceLast = previousMs === null ? Number.POSITIVE_INFINITY : now - previousMs;
      if (last?.ended_at === null && sinceLast < MAX_CALL_MS) {
        throw limited('another login of this client code is under way');
      }
      const isTooEarly = sinceLast < MIN_GAP_MS;
      if (!isTooEarly) {
        this.#db
          .prepare('INSERT INTO tickwire_login_attempts (broker, client_code, began_at) VALUES (?, ?, ?)')
          .run(broker, clientCode, now);
      }
      this.#db.exec('COMMIT');
      if (isTooEarly) return MIN_GAP_MS - sinceLast;
      return {
        previousMs,
        end: (hasReached) => whenWritable(() => this.#end(broker, clientCode, now, hasReached), this.#signal),
      };
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #end(broker: string, clientCode: string, beganMs: number, hasReached: boolean): void {
    const which = 'WHERE broker = ? AND client_code = ? AND began_at = ?';
    if (hasReached) {
      const end = this.#db.prepare(`UPDATE tickwire_login_attempts SET ended_at = ? ${which}`);
      end.run(this.#clock.now(), broker, clientCode, beganMs);
    } else {
      this.#db.prepare(`DELETE FROM tickwire_login_attempts ${which}`).run(broker, clientCode, beganMs);
    }
  }
}

function limited(reason: string): TickwireError {
  return new TickwireError(
    'LOGIN_LIMITED',
    `Not logged in: ${reason}. This limit of Tickwire keeps the account from being locked.`,
  );
}

/**
 * Fetches the instrument lists of the brokers that were logged in to by `tickwire login`, every day at the configured time,
 * and at the start when the last time was missed. A list that cannot be had leaves the one before in force.
 */
import type { Logger } from 'pino';
import { TickwireError } from '../errors.ts';
import { shownAddress } from './list-download.ts';
import type { KeptList } from './list-files.ts';
import type { RefreshOutcome } from './list-refresh.ts';
import { isMorning, lastScheduled, retryAt } from './refresh-schedule.ts';

const LOOK_INTERVAL_MS = 60_000;
/** With an older list contracts have expired and lot sizes have changed. */
const OLD_AFTER_MS = 3 * 24 * 3_600_000;

export interface DailyRefreshOptions {
  /** `HH:MM` in India. */
  readonly time: string;
  /** Brokers whose lists are wanted now. */
  readonly brokers: () => readonly string[];
  /** The list in force, null if none was ever fetched. */
  readonly newest: (broker: string) => KeptList | null;
  readonly refresh: (broker: string) => Promise<RefreshOutcome>;
  readonly log: Logger;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** What has come of the attempts for one due time. */
interface Attempt {
  readonly scheduledMs: number;
  /** No earlier than this; infinity when nothing more is to be had this day. */
  readonly nextMs: number;
}

export class DailyRefresh {
  readonly #options: DailyRefreshOptions;
  readonly #now: () => number;
  readonly #attempts = new Map<string, Attempt>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;

  constructor(options: DailyRefreshOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_INTERVAL_MS);
    this.look();
  }

  /** No list is asked for after this; whoever ends the threads ends one that is on its way. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Fetches what is due, one list after another. */
  look(): void {
    if (this.#running !== null) return;
    this.#running = this.#refreshDue().finally(() => {
      this.#running = null;
    });
  }

  /** The end of what runs now. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Never rejects. */
  async #refreshDue(): Promise<void> {
    const { brokers, log } = this.#options;
    try {
      for (const broker of brokers()) if (this.#isDue(broker)) await this.#refresh(broker);
    } catch (error) {
      log.warn(
        { err: error },
        'the database cannot be read now; the instruments are looked after in a minute',
      );
    }
  }

  #isDue(broker: string): boolean {
    const { time, newest } = this.#options;
    const now = this.#now();
    const scheduledMs = lastScheduled(now, time);
    const attempt = this.#attempts.get(broker);
    if (attempt?.scheduledMs === scheduledMs) return now >= attempt.nextMs;
    const list = newest(broker);
    return list === null || Date.parse(list.date) < scheduledMs;
  }

  async #refresh(broker: string): Promise<void> {
    const { time, refresh, log } = this.#options;
    const scheduledMs = lastScheduled(this.#now(), time);
    const note = (nextMs: number) => this.#attempts.set(broker, { scheduledMs, nextMs });
    try {
      const outcome = await refresh(broker);
      const isOld = outcome.status === 'unchanged' || outcome.isOfEarlierDay;
      const isAgain = isOld && isMorning(this.#now(), scheduledMs);
      note(isAgain ? retryAt(this.#now(), scheduledMs) : Number.POSITIVE_INFINITY);
      const { status, rows, from } = outcome;
      const sizes = { broker, status, rows, from: shownAddress(from) };
      if (outcome.status === 'stored' && isOld)
        log.warn(sizes, 'the instrument list is still that of an earlier day');
      else log.info(sizes, 'instrument list fetched');
    } catch (error) {
      note(retryAt(this.#now(), scheduledMs));
      this.#tellFailure(broker, error);
    }
  }

  #tellFailure(broker: string, error: unknown): void {
    const { newest, log } = this.#options;
    if (this.#timer === undefined) return; // the engine stops
    const list = newest(broker);
    const isOld = list === null || this.#now() - Date.parse(list.date) > OLD_AFTER_MS;
    const code = error instanceof TickwireError ? error.code : undefined;
    const reason = error instanceof Error ? error.message : String(error);
    const what = { broker, code, reason, listOf: list?.date ?? 'none' };
    log[isOld ? 'error' : 'warn'](
      what,
      'the instrument list could not be refreshed; the one before stays in force',
    );
  }
}

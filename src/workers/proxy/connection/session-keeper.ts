/**
 * The rounds that are made over all connections: who has not authenticated in time, who does not answer pings, who does
 * not read. Timers per connection would cost more than one pass over them all. Proxy worker thread.
 *
 * A slow consumer goes down a ladder (`slow-ladder.ts`), and is cut off before uWebSockets.js would start to drop its
 * messages unseen: at half of the limit that the library enforces. Other clients do not notice, since nobody ever waits for
 * it, and since rounds and the steps of slow clients take only a short part of each turn of the event loop: to look at a
 * thousand connections takes some tenths of a millisecond, to take a client off a thousand topics some milliseconds (2-core
 * machine, Node 22). One that comes near the library's limit does not wait for its turn.
 */

import type { ClientLimits } from '../../admission-messages.ts';
import type { OutboundBudget } from '../admission/byte-budgets.ts';
import type { SlowLadder } from '../slow/slow-ladder.ts';
import { TurnShare } from '../slow/turn-share.ts';
import type { ClientSession } from './client-session.ts';
import { CLOSE } from './close-codes.ts';

/** Often enough that at 50 MB/s a reader that stops is found before it passes from half to the whole of 4 MiB. */
const ROUND_MS = 40;
/** While no tick goes out nobody becomes slow, and only times run out: a round takes the thread out of its sleep. */
const QUIET_ROUND_MS = 500;
/** A round takes no longer in one turn of the event loop. */
const PART_MS = 0.25;
/** Connections between two looks at the clock, which costs about as much as a look at one of them. */
const CLOCK_EVERY = 16;
/** Part of the library's limit above which a client is cut off in the round that finds it. */
export const URGENT_PART = 0.75;
/** Or this part of the shortest of those times. */
const QUIET_PART = 0.1;

export interface KeeperLimits {
  readonly authGraceMs: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** Of clients of the published design, which names its own. */
  readonly designPingIntervalMs: number;
  readonly designPingTimeoutMs: number;
  readonly maxBackpressureBytes: number;
}

/** What all clients together may take, and who may stay without asking anything. */
export interface KeeperBudgets {
  readonly outbound: Pick<OutboundBudget, 'excess' | 'furthestBehind'>;
  /** An idle time-out of 0: for ever. */
  readonly limits: Pick<ClientLimits, 'idleTimeoutMs'>;
  /** Has subscribed to order updates. */
  readonly getsOrders: (session: ClientSession) => boolean;
}

export class SessionKeeper {
  readonly #sessions: ReadonlySet<ClientSession>;
  #limits: KeeperLimits;
  readonly #budgets: KeeperBudgets;
  readonly #ladder: Pick<SlowLadder, 'look' | 'act'>;
  #timer: NodeJS.Timeout | undefined;
  #isQuiet = false;
  /** Ticks went out since the last round. */
  #isStirred = false;
  /** Slow consumers that are to take a step, a few in each turn of the event loop, so that ticks pass in between. */
  readonly #slow = new Map<ClientSession, 'act' | 'cut'>();
  #nextSteps: NodeJS.Immediate | undefined;
  readonly #share = new TurnShare();
  /** The connections that are still to be looked at in this round, and the bytes that wait for the others. */
  #left: Iterator<ClientSession> = [].values();
  #unsent = 0;
  #nextPart: NodeJS.Immediate | undefined;
  /** No tick that waits for a client for whom nothing waited in this round, or in the one before, is older. */
  #emptyAt = performance.now();
  #emptyBefore = 0;

  constructor(
    sessions: ReadonlySet<ClientSession>,
    limits: KeeperLimits,
    budgets: KeeperBudgets,
    ladder: Pick<SlowLadder, 'look' | 'act'>,
  ) {
    this.#sessions = sessions;
    this.#limits = limits;
    this.#budgets = budgets;
    this.#ladder = ladder;
    this.#wait();
  }

  /** Another time from now on, for those too who are connected. */
  reload({ authGraceMs }: Pick<KeeperLimits, 'authGraceMs'>): void {
    this.#limits = { ...this.#limits, authGraceMs };
  }

  /** Ticks went out. Hot path; allocates nothing but for the first of them after a while without any. */
  stir(): void {
    this.#isStirred = true;
    if (!this.#isQuiet) return;
    clearTimeout(this.#timer);
    // No tick that waits for anybody from now on is older.
    this.#emptyAt = performance.now();
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#nextPart);
    clearImmediate(this.#nextSteps);
  }

  /** A client has to go at once, out of its turn: for it more waits than can. */
  cutOff(session: ClientSession): void {
    this.#end(session);
  }

  #wait(): void {
    this.#isQuiet = !this.#isStirred;
    this.#isStirred = false;
    this.#timer = setTimeout(this.#round, this.#isQuiet ? this.#quietMs() : ROUND_MS);
  }

  #quietMs(): number {
    const { authGraceMs, pingIntervalMs, pingTimeoutMs, designPingIntervalMs, designPingTimeoutMs } =
      this.#limits;
    const times = [authGraceMs, pingIntervalMs, pingTimeoutMs, designPingIntervalMs, designPingTimeoutMs];
    return Math.max(ROUND_MS, Math.min(QUIET_ROUND_MS, QUIET_PART * Math.min(...times)));
  }

  readonly #round = (): void => {
    this.#isQuiet = false;
    this.#unsent = 0;
    this.#emptyBefore = this.#emptyAt;
    this.#emptyAt = performance.now();
    this.#left = this.#sessions.values();
    this.#goOn();
  };

  /** Goes on with a round until the next turn of the event loop is due. */
  readonly #goOn = (): void => {
    const now = performance.now();
    for (let looked = 1; ; looked++) {
      const next = this.#left.next();
      if (next.done === true) break;
      this.#lookAt(next.value, now);
      if (looked % CLOCK_EVERY > 0 || performance.now() - now < PART_MS) continue;
      this.#nextPart = setImmediate(this.#goOn);
      return;
    }
    const { outbound } = this.#budgets;
    const excess = outbound.excess(this.#unsent);
    if (excess > 0) for (const session of outbound.furthestBehind(this.#sessions, excess)) this.#end(session);
    this.#wait();
  };

  #lookAt(session: ClientSession, now: number): void {
    const { authGraceMs, maxBackpressureBytes } = this.#limits;
    if (session.identity === null && now - session.connectedAt > authGraceMs) {
      session.end(CLOSE.AUTH_TIMEOUT);
      return;
    }
    const backlog = session.socket.getBufferedAmount();
    this.#unsent += backlog;
    if (session.isChoked || backlog > maxBackpressureBytes * URGENT_PART) {
      this.#end(session);
      return;
    }
    const isOver = backlog > maxBackpressureBytes / 2;
    const verdict = isOver ? 'cut' : this.#ladder.look(session, backlog, now, this.#emptyBefore);
    if (verdict !== 'well') {
      this.#slow.set(session, verdict);
      this.#nextSteps ??= setImmediate(this.#takeSteps);
    }
    if (verdict !== 'cut') this.#keepAlive(session, now);
  }

  readonly #takeSteps = (): void => {
    this.#nextSteps = undefined;
    const until = this.#share.begin(performance.now());
    for (const [session, verdict] of this.#slow) {
      this.#slow.delete(session);
      if (!session.open) continue;
      const now = performance.now();
      const step = verdict === 'cut' ? 'cut' : this.#ladder.act(session, now, until);
      if (step === 'cut') this.#end(session);
      // Behind those that have not had their turn.
      else if (step === 'more') this.#slow.set(session, 'act');
      if (performance.now() >= until) break;
    }
    this.#share.end(performance.now(), this.#slow.size > 0);
    if (this.#slow.size > 0) this.#nextSteps = setImmediate(this.#takeSteps);
  };

  #end(session: ClientSession): void {
    this.#slow.delete(session);
    if (!session.open) return;
    session.end(CLOSE.SLOW_CONSUMER);
  }

  #keepAlive(session: ClientSession, now: number): void {
    const limits = this.#limits;
    const isDesign = session.options.dialect === 'design';
    const pingIntervalMs = isDesign ? limits.designPingIntervalMs : limits.pingIntervalMs;
    const pingTimeoutMs = isDesign ? limits.designPingTimeoutMs : limits.pingTimeoutMs;
    if (session.pingSentAt > 0 && now - session.pingSentAt > pingTimeoutMs) {
      session.end(CLOSE.KEEPALIVE);
    } else if (session.pingSentAt === 0 && now - session.lastPingAt > pingIntervalMs) {
      session.socket.ping();
      session.pingSentAt = now;
      session.lastPingAt = now;
      this.#endIfIdle(session, now);
    }
  }

  /** Looked at with each ping, which is often enough for a time of hours. */
  #endIfIdle(session: ClientSession, now: number): void {
    const { limits, getsOrders } = this.#budgets;
    const { idleTimeoutMs } = limits;
    if (idleTimeoutMs === 0 || now - session.lastRequestAt <= idleTimeoutMs) return;
    // One that is busy may still be let join all that it asked for, at the pace at which it reads.
    if (session.isBusy || session.holdings.size > 0 || getsOrders(session)) return;
    session.end(CLOSE.IDLE);
  }
}

/** Why a connection ended, and what to do then: as PROTOCOL.md's table of close codes and of errors says. */
import { boundedWait } from './bounded-wait.ts';
import { TickwireError } from './tickwire-error.ts';

export interface Ending {
  /** Of the close frame; 1006 when there was none. */
  readonly code: number;
  readonly reason: string;
  /** The error that the server answered `authenticate` with, or told right before the close. */
  readonly error: TickwireError | null;
  /** What a `going_away` message said, in case its close frame is lost. */
  readonly adviceMs: number | null;
}

export type Plan =
  /** After what the backoff says, and not before `atLeastMs`. */
  | { readonly action: 'retry'; readonly atLeastMs: number }
  /** The server chose the moment: no jitter of ours, and a backoff only where it says so again and again. */
  | { readonly action: 'retryAt'; readonly ms: number }
  /** When there is something to subscribe to. */
  | { readonly action: 'idle' }
  /** Never. */
  | { readonly action: 'stop'; readonly error: TickwireError };

/** The operator disconnected it, there was no room, or it asked too much: who comes back at once is not welcome. */
const UNWELCOME: ReadonlySet<number> = new Set([4410, 4422, 4423, 4429]);
const ADVICE = /reconnect in (\d+) ms/;
/** The key is good, but nothing can be had now: asking each moment helps nobody. */
const PAUSE_MS = 3000;
/** Somebody has to close a connection, or a count of attempts has to run down. */
const LONG_PAUSE_MS = 10_000;
/** The code of this one is that of a wrong key. */
const NOT_NOW = /try again/;

/** Errors that another attempt may not meet, with the pause that they need. */
const PASSING: ReadonlyMap<string, number> = new Map([
  ['BROKER_ERROR', PAUSE_MS],
  ['BROKER_INIT_ERROR', PAUSE_MS],
  ['FEED_UNAVAILABLE', PAUSE_MS],
  ['PROCESSING_ERROR', PAUSE_MS],
  ['RATE_LIMITED', PAUSE_MS],
  ['BAD_MESSAGE', 0],
  ['DISCONNECTED', 0],
  ['TOO_MANY_ATTEMPTS', LONG_PAUSE_MS],
  ['TOO_MANY_CONNECTIONS', LONG_PAUSE_MS],
]);

export function planAfter({ code, reason, error, adviceMs }: Ending): Plan {
  if (code === 4403) return { action: 'stop', error: error ?? new TickwireError('KEY_REVOKED', reason) };
  if (code === 4409) return { action: 'stop', error: new TickwireError('SESSION_TAKEN', reason) };
  if (error !== null) {
    const isNotNow = error.code === 'AUTHENTICATION_ERROR' && NOT_NOW.test(error.message);
    const pause = isNotNow ? PAUSE_MS : PASSING.get(error.code);
    return pause === undefined ? { action: 'stop', error } : { action: 'retry', atLeastMs: pause };
  }
  const named = ADVICE.exec(reason)?.[1];
  const ms = boundedWait(named === undefined ? adviceMs : Number(named));
  if (ms !== null) return { action: 'retryAt', ms };
  if (code === 4408) return { action: 'idle' };
  return { action: 'retry', atLeastMs: UNWELCOME.has(code) ? LONG_PAUSE_MS : 0 };
}

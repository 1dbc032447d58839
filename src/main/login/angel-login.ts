/** Logging in to Angel One: which failure is tried again, how often, and what the others mean to a person. */
import { type RestFailure, type RestFailureKind, readTokens } from '../../codec/angel/rest-answer.ts';
import { Backoff } from '../../workers/feed/backoff.ts';
import { type ErrorCode, TickwireError } from '../errors.ts';
import { type Clock, type LoginLimits, SYSTEM_CLOCK } from './login-limits.ts';
import type { SmartApi, SmartApiReply } from './smart-api.ts';
import { TOTP_STEP_MS, totpCode, totpStep } from './totp.ts';

export interface SessionTokens {
  readonly authToken: string;
  readonly feedToken: string;
  readonly refreshToken: string;
}

/** A code that was typed is good once; a secret makes as many as are needed. */
export type TotpSource =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'secret'; readonly secret: Buffer };

export interface AngelCredentials {
  readonly clientCode: string;
  readonly pin: string;
  readonly totp: TotpSource;
}

interface Rule {
  /** Further attempts at login, and at a renewal. */
  readonly retries: { readonly login: number; readonly renew: number };
  readonly code: ErrorCode;
  readonly advice: string;
}

const RULES: Readonly<Record<RestFailureKind, Rule>> = {
  credentials: {
    retries: { login: 0, renew: 0 },
    code: 'LOGIN_REFUSED',
    advice: 'Check client code and PIN (the four digits, not a password); repeated mistakes lock the account',
  },
  totp: {
    retries: { login: 1, renew: 0 },
    code: 'LOGIN_REFUSED',
    advice: 'Check the secret of the authenticator, the PIN, and that the clock of this computer is right',
  },
  account: {
    retries: { login: 0, renew: 0 },
    code: 'LOGIN_REFUSED',
    advice: 'The account may not log in; ask Angel One',
  },
  configuration: {
    retries: { login: 0, renew: 0 },
    code: 'LOGIN_REFUSED',
    advice: "Check BROKER_API_KEY, and the app's kind and registered IP address on Angel One's SmartAPI page",
  },
  session: {
    retries: { login: 0, renew: 0 },
    code: 'LOGIN_SESSION_EXPIRED',
    advice: 'Log in again: tickwire login angel',
  },
  refresh: {
    retries: { login: 0, renew: 0 },
    code: 'LOGIN_SESSION_EXPIRED',
    advice: 'Log in again: tickwire login angel',
  },
  rate: {
    retries: { login: 2, renew: 3 },
    code: 'LOGIN_UNAVAILABLE',
    advice: 'Angel One counts too many requests; wait some minutes',
  },
  transient: {
    retries: { login: 2, renew: 3 },
    code: 'LOGIN_UNAVAILABLE',
    advice: 'Try again in some minutes',
  },
  firewall: {
    retries: { login: 1, renew: 1 },
    code: 'LOGIN_UNAVAILABLE',
    advice: "Angel One's firewall turns this address away; check the IP address registered for the app",
  },
  defect: {
    retries: { login: 0, renew: 0 },
    code: 'LOGIN_FAILED',
    advice: 'Angel One does not understand the request; this needs another version of Tickwire',
  },
  unknown: {
    retries: { login: 1, renew: 1 },
    code: 'LOGIN_FAILED',
    advice: 'Check the IP address registered for the app, and the account on the web page of Angel One',
  },
};

const BROKER = 'angel';
const RETRIES = { initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0.5 } as const;
/** A code that is about to end would be refused on arrival. */
const MIN_LEFT_OF_STEP_MS = 3000;
const TOLD_SKEW_MS = 5000;

export interface AngelLoginOptions {
  readonly api: SmartApi;
  readonly limits: LoginLimits;
  readonly clock?: Clock;
  /** Told why it takes so long. */
  readonly onWait?: (message: string) => void;
}

/** @throws TickwireError LOGIN_… with what to do; nothing secret is in it */
export async function logIn(
  options: AngelLoginOptions,
  credentials: AngelCredentials,
): Promise<SessionTokens> {
  const { api, limits, clock = SYSTEM_CLOCK, onWait = () => {} } = options;
  const { clientCode, pin, totp } = credentials;
  let usedStep: number | null = null;
  const attempt = async () => {
    const slot = await limits.begin(BROKER, clientCode);
    let hasReached = false;
    try {
      // A code is taken for good once, whichever process has used it.
      usedStep ??= slot.previousMs === null ? null : totpStep(slot.previousMs);
      const step = totp.kind === 'code' ? null : await freshStep(clock, usedStep, onWait);
      usedStep = step;
      const code = totp.kind === 'code' ? totp.code : totpCode(totp.secret, step!);
      const reply = await api.login(clientCode, pin, code);
      hasReached = reply.hasReached;
      return reply;
    } finally {
      await slot.end(hasReached);
    }
  };
  // The very same code would be refused the very same way.
  const isWorthRetrying = ({ kind }: RestFailure) => totp.kind === 'secret' || kind !== 'totp';
  const reply = await repeat('login', attempt, isWorthRetrying, clock);
  const tokens = readTokens(reply.data);
  if (tokens.authToken !== '' && tokens.feedToken !== '' && tokens.refreshToken !== '') return tokens;
  throw new TickwireError('LOGIN_FAILED', "Angel One's answer to the login lacks a token; try again.");
}

/**
 * New tokens for the present ones, without PIN and code. What the broker leaves out of its answer stays as it was.
 *
 * @throws TickwireError LOGIN_SESSION_EXPIRED when only a full login helps, else LOGIN_…
 */
export async function renewSession(
  { api, clock = SYSTEM_CLOCK }: Pick<AngelLoginOptions, 'api' | 'clock'>,
  tokens: SessionTokens,
): Promise<SessionTokens> {
  const attempt = () => api.renew(tokens.refreshToken, tokens.authToken || null);
  const reply = await repeat('renew', attempt, () => true, clock);
  const renewed = readTokens(reply.data);
  if (renewed.authToken === '')
    throw new TickwireError('LOGIN_FAILED', "Angel One's answer to the renewal has no token; log in again.");
  return {
    authToken: renewed.authToken,
    feedToken: renewed.feedToken || tokens.feedToken,
    refreshToken: renewed.refreshToken || tokens.refreshToken,
  };
}

async function repeat(
  call: 'login' | 'renew',
  attempt: () => Promise<SmartApiReply>,
  isWorthRetrying: (failure: RestFailure) => boolean,
  clock: Clock,
): Promise<{ readonly data: Readonly<Record<string, unknown>> }> {
  const backoff = new Backoff(RETRIES);
  const failures = new Map<RestFailureKind, number>();
  for (;;) {
    const reply = await attempt();
    const { answer } = reply;
    if (answer.ok) return answer;
    const before = failures.get(answer.kind) ?? 0;
    failures.set(answer.kind, before + 1);
    if (before >= RULES[answer.kind].retries[call] || !isWorthRetrying(answer)) {
      throw describeFailure(call, answer, reply.clockAheadMs);
    }
    // The next code comes with the next step anyway.
    if (answer.kind !== 'totp') await clock.sleep(Math.max(reply.retryAfterMs ?? 0, backoff.next()));
  }
}

/** A step that was not used yet and that lasts long enough; waits for it if need be. */
async function freshStep(
  clock: Clock,
  usedStep: number | null,
  onWait: (message: string) => void,
): Promise<number> {
  for (;;) {
    const now = clock.now();
    const step = totpStep(now);
    const leftMs = (step + 1) * TOTP_STEP_MS - now;
    if ((usedStep === null || step > usedStep) && leftMs >= MIN_LEFT_OF_STEP_MS) return step;
    onWait(`Waiting ${Math.ceil(leftMs / 1000)} s for the next one-time code`);
    await clock.sleep(leftMs);
  }
}

/** What a failed call means, in words, with the broker's own code. */
export function describeFailure(
  call: 'login' | 'renew' | 'profile',
  { kind, code, message }: RestFailure,
  clockAheadMs: number | null,
): TickwireError {
  const what = { login: 'The login', renew: 'The renewal', profile: 'Reading the profile' }[call];
  const skew = describeSkew(clockAheadMs);
  const reason = message === '' ? code : `${code}, ${JSON.stringify(message)}`;
  return new TickwireError(
    RULES[kind].code,
    `${what} at Angel One failed: ${reason}.${skew === '' ? '' : ` ${skew}`} ${RULES[kind].advice}.`,
  );
}

/** A sentence on the difference of the clocks if it is large enough to spoil one-time codes, else nothing. */
export function describeSkew(clockAheadMs: number | null): string {
  const skewMs = clockAheadMs ?? 0;
  if (Math.abs(skewMs) <= TOLD_SKEW_MS) return '';
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  return `The clock of this computer is ${Math.round(Math.abs(skewMs) / 1000)} s ${direction} Angel One's.`;
}

/**
 * Gives the engine new tokens when the broker refuses those of a login that was made by `tickwire login`: by the refresh
 * token, or, where PIN and secret are configured, by another login. Once per refusal: tokens that are refused as soon as
 * they have come, or a broker that wants a person, are told and left to the operator. What cannot be reached now is tried
 * again, with long waits.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Backoff } from '../../workers/feed/backoff.ts';
import type { Config } from '../config-options.ts';
import type { OwnDatabase } from '../database/own-database.ts';
import { whenWritable } from '../database/when-writable.ts';
import { type ErrorCode, TickwireError } from '../errors.ts';
import { angelApiUrl } from './angel-api-url.ts';
import {
  type AngelCredentials,
  type AngelLoginOptions,
  logIn,
  renewSession,
  type SessionTokens,
} from './angel-login.ts';
import { type Clock, LoginLimits } from './login-limits.ts';
import { LoginStore, type StoredLogin } from './login-store.ts';
import { clientAddresses, SmartApi } from './smart-api.ts';
import { readTotpSource } from './totp-source.ts';

/** Tokens that are refused sooner than this after they came are not renewed again. */
const MIN_LIFE_MS = 10 * 60_000;
const STOP_TIMEOUT_MS = 2000;
const LATER: ReadonlySet<ErrorCode> = new Set(['LOGIN_UNAVAILABLE', 'LOGIN_LIMITED']);

export interface SessionRenewalOptions {
  /** Whose values may be others after `reload`. */
  readonly config: Config;
  /** Opens the embedded database for writing; it is closed again after each renewal. */
  readonly open: () => OwnDatabase;
  readonly hasLogin: (name: string) => boolean;
  /** Whether the broker refuses the tokens that the user has now. */
  readonly isRefused: (name: string) => boolean;
  /** There are new tokens in the database. */
  readonly onRenewed: (name: string) => void;
  readonly log: Logger;
}

interface Account {
  /** When the last renewal ended, in whichever way; ms of a clock that never goes back. */
  endedAt: number;
  isRunning: boolean;
  /** The last one ended in vain, and is not tried again with the login that was configured when it began. */
  isGivenUp: boolean;
  triedWith: string;
  readonly backoff: Backoff;
  retry: NodeJS.Timeout | undefined;
}

export class SessionRenewal {
  readonly #options: SessionRenewalOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #hangUp = new AbortController();
  /** Waits, for a one-time code say, end when the engine stops. */
  readonly #clock: Clock = {
    now: Date.now,
    sleep: (ms) => sleep(ms, undefined, { signal: this.#stop.signal }),
  };

  constructor(options: SessionRenewalOptions) {
    this.#options = options;
  }

  /** The configured login may be another one now: what was given up is tried with it, once. */
  reload(): void {
    for (const [name, account] of this.#accounts) this.#tryAnother(name, account);
  }

  #tryAnother(name: string, account: Account): void {
    if (account.isRunning || !account.isGivenUp || this.#isStopped) return;
    // Somebody may have logged in meanwhile.
    const isWanted = account.triedWith !== this.#configuredLogin() && this.#options.isRefused(name);
    if (isWanted) this.#begin(name, account);
  }

  #configuredLogin(): string {
    const { angelClientCode, angelPin, angelTotp } = this.#options.config;
    return JSON.stringify([angelClientCode, angelPin, angelTotp]);
  }

  /** The broker has refused a user's tokens. @returns whether new ones are on their way */
  onRefused(name: string): boolean {
    if (this.#isStopped || !this.#options.hasLogin(name)) return false;
    const account = this.#account(name);
    if (account.isRunning || account.retry !== undefined) return true;
    if (performance.now() - account.endedAt < MIN_LIFE_MS) return false;
    this.#begin(name, account);
    return true;
  }

  /** Gives a call that is under way time to end, so that the tokens that it may bring are stored, but not for ever. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const { retry } of this.#accounts.values()) clearTimeout(retry);
    const timeUp = new AbortController();
    const deadline = sleep(STOP_TIMEOUT_MS, undefined, { signal: timeUp.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#running), deadline]);
    timeUp.abort();
    this.#hangUp.abort();
    await Promise.all(this.#running);
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #account(name: string): Account {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const backoff = new Backoff({ initialMs: 60_000, factor: 2, maxMs: 900_000, jitter: 0.2 });
    const account = {
      endedAt: Number.NEGATIVE_INFINITY,
      isRunning: false,
      isGivenUp: false,
      triedWith: '',
      backoff,
      retry: undefined,
    };
    this.#accounts.set(name, account);
    return account;
  }

  #begin(name: string, account: Account): void {
    account.isRunning = true;
    account.isGivenUp = false;
    account.triedWith = this.#configuredLogin();
    account.retry = undefined;
    const run = this.#run(name, account).finally(() => {
      account.isRunning = false;
      this.#running.delete(run);
      this.#tryAnother(name, account);
    });
    this.#running.add(run);
  }

  /** Never rejects. */
  async #run(name: string, account: Account): Promise<void> {
    const { log, onRenewed } = this.#options;
    try {
      const how = await this.#renew(name);
      account.endedAt = performance.now();
      account.backoff.reset();
      log.info({ account: name, how }, 'the broker session was renewed');
      if (!this.#isStopped) onRenewed(name);
    } catch (error) {
      const isForLater = !(error instanceof TickwireError) || LATER.has(error.code);
      const code = error instanceof TickwireError ? error.code : undefined;
      if (!isForLater) {
        account.endedAt = performance.now();
        account.isGivenUp = true;
        const reason = error instanceof Error ? error.message : String(error);
        log.error({ account: name, code, reason }, 'the broker session has expired; run tickwire login');
      } else if (!this.#isStopped) {
        const delayMs = account.backoff.next();
        log.warn(
          { err: error, account: name, code, delayMs },
          'the broker session could not be renewed; it is tried again',
        );
        account.retry = setTimeout(() => this.#begin(name, account), delayMs);
      }
    }
  }

  async #renew(name: string): Promise<'login' | 'renewal'> {
    const { config, open } = this.#options;
    const database = open();
    try {
      const store = new LoginStore(database);
      const login = store.read(name);
      if (login === null)
        throw new TickwireError('LOGIN_SESSION_EXPIRED', 'The stored login cannot be read; log in again.');
      const client = clientAddresses({
        localIp: config.angelLocalIp,
        publicIp: config.angelPublicIp,
        mac: config.angelMac,
      });
      const { signal } = this.#hangUp;
      const api = new SmartApi({ baseUrl: angelApiUrl(config), apiKey: login.apiKey, client, signal });
      const clock = this.#clock;
      const options = { api, limits: new LoginLimits(database.db, clock, signal), clock };
      const tokens = await this.#logIn(name, options, store, login);
      const how = tokens === null ? 'renewal' : 'login';
      const renewed = { ...login, tokens: tokens ?? (await renewSession(options, login.tokens)) };
      // The broker may take the refresh token before no more: what it gave is not lost to an import of instruments.
      await whenWritable(() => store.save(name, renewed, how), signal);
      return how;
    } finally {
      database.db.close();
    }
  }

  /** Null where no login is configured for this account, or the broker has refused it before. */
  async #logIn(
    name: string,
    options: AngelLoginOptions,
    store: LoginStore,
    { clientCode }: StoredLogin,
  ): Promise<SessionTokens | null> {
    const { log } = this.#options;
    const credentials = this.#configured(clientCode);
    if (credentials === null) return null;
    const { angelPin, angelTotp } = this.#options.config;
    const mark = [clientCode, String(angelPin), String(angelTotp)];
    if (store.isStopped(name, mark)) return null;
    try {
      return await logIn(options, credentials);
    } catch (error) {
      if (!(error instanceof TickwireError) || error.code !== 'LOGIN_REFUSED') throw error;
      await whenWritable(() => store.stop(name, mark), this.#hangUp.signal);
      const reason = error.message;
      log.error(
        { account: name, reason },
        'the configured login is refused; it is not tried again before it is changed',
      );
      return null;
    }
  }

  #configured(clientCode: string): AngelCredentials | null {
    const { angelClientCode, angelPin, angelTotp } = this.#options.config;
    if (angelPin === null || angelTotp === null) return null;
    // Of another account, that is.
    if (angelClientCode !== null && angelClientCode.trim().toUpperCase() !== clientCode) return null;
    const totp = readTotpSource(angelTotp);
    // A code that was typed once is no longer good.
    return totp.kind === 'secret' ? { clientCode, pin: angelPin, totp } : null;
  }
}

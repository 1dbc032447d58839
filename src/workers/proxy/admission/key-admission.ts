/**
 * From a key to an identity, as far as limits have a say: who may try a key at all, and how many clients a key may have.
 * Proxy worker thread, at the pace of authenticate requests.
 */

import type { ClientLimits } from '../../admission-messages.ts';
import type { ClientSession } from '../connection/client-session.ts';
import { CLOSE, type Close } from '../connection/close-codes.ts';
import type { ControlPlane, VerifiedKey } from '../control-plane.ts';
import type { Admission } from './admission.ts';
import { KeyPace } from './key-pace.ts';
import { KnownKeys } from './known-keys.ts';
import type { SubscriptionLimits } from './subscription-limits.ts';

type Refused = Extract<VerifiedKey, { readonly status: 'refused' }>;

/** `close`: the connection ends behind the answer. */
export type AdmittedKey = Exclude<VerifiedKey, Refused> | (Refused & { readonly close?: Close });

/** A key that nobody has; what could not be looked at has another code or message. */
const WRONG_KEY = { code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' } as const;

type AdmissionOfKeys = Pick<Admission, 'blockedMs' | 'onWrongKey' | 'useKey' | 'refused'>;

export class KeyAdmission {
  readonly #control: Pick<ControlPlane, 'verifyKey'>;
  readonly #admission: AdmissionOfKeys;
  readonly #subscriptions: Pick<SubscriptionLimits, 'useKey'>;
  readonly #limits: Pick<ClientLimits, 'maxConnectionsPerKey'>;
  readonly #pace = new KeyPace();
  readonly #known = new KnownKeys();

  constructor(
    control: Pick<ControlPlane, 'verifyKey'>,
    admission: AdmissionOfKeys,
    subscriptions: Pick<SubscriptionLimits, 'useKey'>,
    limits: Pick<ClientLimits, 'maxConnectionsPerKey'>,
  ) {
    this.#control = control;
    this.#admission = admission;
    this.#subscriptions = subscriptions;
    this.#limits = limits;
  }

  /** Whether a client shows the key again that has just made it who it is: nothing is to be asked, and nothing changes. */
  isKnown(session: ClientSession, key: string): boolean {
    return this.#known.has(session, key) && this.#admission.blockedMs(session.connection) === 0;
  }

  /** The key has made the client who it is now. */
  noteKnown(session: ClientSession, key: string): void {
    this.#known.note(session, key);
  }

  async verify(session: ClientSession, key: string): Promise<AdmittedKey> {
    const { connection } = session;
    if (this.#admission.blockedMs(connection) === 0) await this.#pace.turn();
    // Those of an address that went before it may have been too many.
    const blockedMs = this.#admission.blockedMs(connection);
    if (blockedMs > 0) return this.#tooManyAttempts(blockedMs);
    const outcome = await this.#control.verifyKey(key, connection.address ?? '');
    if (outcome.status === 'refused') {
      const isWrong = outcome.code === WRONG_KEY.code && outcome.message === WRONG_KEY.message;
      if (isWrong) this.#admission.onWrongKey(connection);
      return outcome;
    }
    if (!session.open) return outcome;
    const { keyId, rights } = outcome;
    const own = rights?.limits.maxConnections ?? null;
    const admitted = await this.#admission.useKey(connection, keyId, own);
    if (admitted.isRefused) return this.#tooManyConnections(own ?? this.#limits.maxConnectionsPerKey);
    this.#subscriptions.useKey(session, admitted.place, rights?.limits ?? null);
    return outcome;
  }

  /** Nobody waits for his turn any more. */
  stop(): void {
    this.#pace.stop();
  }

  #tooManyAttempts(forMs: number): AdmittedKey {
    this.#admission.refused.attempts++;
    const seconds = Math.ceil(forMs / 1000);
    const message = `Too many wrong API keys from this address; it may try again in ${seconds} s`;
    return { status: 'refused', code: 'TOO_MANY_ATTEMPTS', message, close: CLOSE.TOO_MANY_ATTEMPTS };
  }

  #tooManyConnections(limit: number): AdmittedKey {
    const message = `This API key has ${limit} connections already, which is its limit; close one of them first`;
    return { status: 'refused', code: 'TOO_MANY_CONNECTIONS', message, close: CLOSE.TOO_MANY_OF_KEY };
  }
}

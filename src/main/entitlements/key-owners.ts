import type { KeyOutcome, KnownKey } from '../../workers/worker-messages.ts';
import type { KeyVerifier } from '../auth/key-verifier.ts';
import { openAlgoKeyId, ownKeyId } from './entitlement-book.ts';
import type { Entitlements } from './entitlements.ts';

type Refused = Extract<KeyOutcome, { readonly status: 'refused' }>;

/** Tells whose a key is: one of Tickwire's own, or OpenAlgo's key of a user. */
export class KeyOwners {
  readonly #entitlements: Pick<Entitlements, 'find' | 'rightsOf'>;
  readonly #verifier: Pick<KeyVerifier, 'verify'>;

  constructor(entitlements: Pick<Entitlements, 'find' | 'rightsOf'>, verifier: Pick<KeyVerifier, 'verify'>) {
    this.#entitlements = entitlements;
    this.#verifier = verifier;
  }

  /**
   * @param asker see `KeyVerifier.verify`
   * @throws what it throws
   */
  async verify(key: string, asker: string): Promise<KnownKey | Refused> {
    // Before the check with Argon2: an own key costs one look.
    const own = this.#entitlements.find(key);
    if (own !== undefined) {
      if (own.revoked !== null) {
        return { status: 'refused', code: 'KEY_REVOKED', message: 'This API key was revoked' };
      }
      return { userId: own.user, keyId: ownKeyId(own.id), rights: this.#entitlements.rightsOf(own) };
    }
    const owner = await this.#verifier.verify(key, asker);
    if (owner === null) {
      return { status: 'refused', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' };
    }
    const { userId } = owner;
    // As of now, not of the moment before the check.
    return { userId, keyId: openAlgoKeyId(userId), rights: this.#entitlements.rightsOf({ user: userId }) };
  }
}

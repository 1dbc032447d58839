/**
 * What the proxy asks of the control plane. It is the main thread where the ticks come over rings, and the feed hosts
 * where they come over the bus: clients cannot tell which.
 */
import type { InstrumentWish, KeyOutcome, SlotNeed, SubscribeOutcome } from '../worker-messages.ts';

type Refused = Extract<KeyOutcome, { readonly status: 'refused' }>;

/**
 * Whose a key is. `owner` tells users apart, also two of one name who belong to different feeds; it is ours alone, clients
 * read `userId`. An account bears the name of its owner. `keyId` is unique among all feeds here.
 */
export type VerifiedKey = (Exclude<KeyOutcome, Refused> & { readonly owner: string }) | Refused;

export interface SubscribeAnswer {
  /** One per wish, in their order. */
  readonly outcomes: readonly SubscribeOutcome[];
  /**
   * ns since 1970, by the clock that stamps the receive times of these ticks, when the question was taken: a tick that was
   * received since then concerns who asked.
   */
  readonly askedAt: number;
}

export interface ControlPlane {
  /** @param asker the address that takes turns with others where keys have to wait, '' for one that is not known */
  verifyKey(key: string, asker?: string): Promise<VerifiedKey>;
  /**
   * Each success raises the need of its slot by the mode of the wish, until the next word about that slot in `need`.
   *
   * @param account of an identity, not empty
   */
  subscribe(account: string, wishes: readonly InstrumentWish[]): Promise<SubscribeAnswer>;
  /** What this proxy needs of these slots from now on. */
  need(needs: readonly SlotNeed[]): void;
}

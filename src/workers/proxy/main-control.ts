/**
 * The control plane in this process: questions to the main thread and its answers, over the worker's message port. Main
 * answers every question; when main is gone, so is the process.
 */
import type { MessagePort } from 'node:worker_threads';
import { readInt64 } from '../../codec/tick-message.ts';
import { EpochClock } from '../epoch-clock.ts';
import type {
  FromReader,
  InstrumentWish,
  KeyOutcome,
  SlotNeed,
  SubscribeOutcome,
} from '../worker-messages.ts';
import type { ControlPlane, SubscribeAnswer, VerifiedKey } from './control-plane.ts';

export class MainControl implements ControlPlane {
  readonly #port: MessagePort;
  readonly #keys = new Map<number, (outcome: KeyOutcome) => void>();
  readonly #subscriptions = new Map<number, (outcomes: readonly SubscribeOutcome[]) => void>();
  readonly #clock = new EpochClock();
  readonly #now = new Int32Array(2);
  #nextId = 1;
  /** The latest subscribe request that was answered. Main answers them in their order. */
  #answered = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Follows a wall clock that was set. To be called now and then from a timer. */
  adjustClock(): void {
    this.#clock.adjust();
  }

  verifyKey(key: string, asker = ''): Promise<VerifiedKey> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#keys.set(id, (outcome) =>
        resolve(outcome.status === 'refused' ? outcome : { ...outcome, owner: outcome.userId }),
      );
      this.#post({ type: 'verifyKey', id, key, asker });
    });
  }

  subscribe(account: string, wishes: readonly InstrumentWish[]): Promise<SubscribeAnswer> {
    const id = this.#nextId++;
    this.#clock.stamp(this.#now, 0);
    const askedAt = readInt64(this.#now, 0);
    return new Promise((resolve) => {
      this.#subscriptions.set(id, (outcomes) => resolve({ outcomes, askedAt }));
      this.#post({ type: 'subscribe', id, account, broker: '', wishes });
    });
  }

  need(needs: readonly SlotNeed[]): void {
    if (needs.length > 0) this.#post({ type: 'need', needs, answered: this.#answered });
  }

  onKeyVerified(id: number, outcome: KeyOutcome): void {
    this.#keys.get(id)?.(outcome);
    this.#keys.delete(id);
  }

  onSubscribed(id: number, outcomes: readonly SubscribeOutcome[]): void {
    this.#answered = id;
    this.#subscriptions.get(id)?.(outcomes);
    this.#subscriptions.delete(id);
  }

  #post(message: FromReader): void {
    this.#port.postMessage(message);
  }
}

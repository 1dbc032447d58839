/**
 * The proxy's questions to the control plane, and its answers, over the worker's message port. Main answers every
 * question; when main is gone, so is the process.
 */
import type { MessagePort } from 'node:worker_threads';
import type {
  FromReader,
  InstrumentWish,
  KeyOutcome,
  SlotNeed,
  SubscribeOutcome,
} from '../worker-messages.ts';

export class ControlLink {
  readonly #port: MessagePort;
  readonly #keys = new Map<number, (outcome: KeyOutcome) => void>();
  readonly #subscriptions = new Map<number, (outcomes: readonly SubscribeOutcome[]) => void>();
  #nextId = 1;
  /** The latest subscribe request that was answered. Main answers them in their order. */
  #answered = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  post(message: FromReader): void {
    this.#port.postMessage(message);
  }

  verifyKey(key: string): Promise<KeyOutcome> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#keys.set(id, resolve);
      this.post({ type: 'verifyKey', id, key });
    });
  }

  /** @returns one outcome per wish, in their order */
  subscribe(account: string, wishes: readonly InstrumentWish[]): Promise<readonly SubscribeOutcome[]> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#subscriptions.set(id, resolve);
      this.post({ type: 'subscribe', id, account, broker: '', wishes });
    });
  }

  need(needs: readonly SlotNeed[]): void {
    if (needs.length > 0) this.post({ type: 'need', needs, answered: this.#answered });
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
}

/**
 * Lets a client join many instruments no faster than it reads the last values that come first: all of them at once may be
 * more than may wait for a client, and it would be cut off for what it asked. Proxy worker thread.
 */
import type { SlotNeed } from '../../worker-messages.ts';
import type { ClientSession } from '../connection/client-session.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

/** Above so many waiting bytes the client is left to read. */
const LOW_MARK_BYTES = 32 * 1024;
const LOOK_MS = 5;

export interface PacedJoin {
  /** What it takes from upstream. */
  readonly need: SlotNeed;
  join(): void;
}

export class PacedJoins {
  readonly #control: Pick<ControlPlane, 'need'>;
  readonly #index: SubscriptionIndex;

  constructor(control: Pick<ControlPlane, 'need'>, index: SubscriptionIndex) {
    this.#control = control;
    this.#index = index;
  }

  /** At once as far as the client has room. Ends early when it is gone. */
  async run(client: ClientSession, joins: readonly PacedJoin[]): Promise<void> {
    let told = 0;
    for (const [i, { join }] of joins.entries()) {
      if (!client.open) return;
      join();
      if (!client.open || i + 1 === joins.length) continue;
      if (client.socket.getBufferedAmount() <= LOW_MARK_BYTES) continue;
      // What was granted is to be needed within this turn, or it is taken back.
      if (told === 0) this.#linger(joins.slice(i + 1));
      else this.#tell(joins.slice(told, i + 1));
      told = i + 1;
      await untilRead(client);
    }
    if (told > 0) this.#tell(joins.slice(told));
  }

  #linger(joins: readonly PacedJoin[]): void {
    const needs = joins.map(({ need }) => need);
    this.#index.lingering.keep(needs, (ended) => {
      this.#control.need(ended.map(({ slot }) => this.#index.need(slot)));
    });
  }

  #tell(joins: readonly PacedJoin[]): void {
    this.#control.need(joins.map(({ need }) => this.#index.need(need.slot)));
  }
}

function untilRead(client: ClientSession): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!client.open || client.socket.getBufferedAmount() <= LOW_MARK_BYTES) resolve();
      else setTimeout(look, LOOK_MS).unref();
    };
    setTimeout(look, LOOK_MS).unref();
  });
}

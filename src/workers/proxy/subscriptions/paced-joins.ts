/**
 * Lets a client join many instruments no faster than it reads the last values that come first: all of them at once may be
 * more than may wait for a client, and it would be cut off for what it asked. What it has not joined yet is the client's
 * `joining` meanwhile: needed from upstream, taken along when it moves, and kept with the session. Proxy worker thread.
 */
import type { ClientSession } from '../connection/client-session.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { SubscriptionIndex } from './subscription-index.ts';
import { type Granted, needOf } from './subscription-item.ts';

/** Above so many waiting bytes the client is left to read. */
const LOW_MARK_BYTES = 32 * 1024;
const LOOK_MS = 5;

export interface PacedJoin {
  /** What is joined, as it is then. */
  readonly granted: readonly Granted[];
  /** Whether last values come first. Ticks alone need no room: they come as they come. */
  readonly needsRoom: boolean;
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
    try {
      for (const [i, { granted, needsRoom, join }] of joins.entries()) {
        if (needsRoom && !hasRoom(client)) {
          // What was granted is to be needed within this turn, or it is taken back.
          if (client.joining.size === 0) this.#hold(client, joins.slice(i));
          await untilRead(client);
        }
        if (!client.open) return;
        join();
        this.#letGo(client, granted);
      }
    } finally {
      this.#letGo(client, client.joining);
    }
  }

  #hold({ joining }: ClientSession, joins: readonly PacedJoin[]): void {
    for (const granted of joins.flatMap((join) => join.granted)) {
      joining.add(granted);
      this.#index.lingering.hold(needOf(granted));
    }
  }

  /** The control plane is told of what nobody needs any more. */
  #letGo({ joining }: ClientSession, all: Iterable<Granted>): void {
    const ended = new Set<number>();
    for (const granted of all) {
      if (!joining.delete(granted)) continue;
      const need = needOf(granted);
      this.#index.lingering.letGo(need);
      if ((this.#index.need(need.slot).modes & need.modes) === 0) ended.add(need.slot);
    }
    if (ended.size > 0) this.#control.need([...ended].map((slot) => this.#index.need(slot)));
  }
}

function hasRoom(client: ClientSession): boolean {
  return !client.open || client.socket.getBufferedAmount() <= LOW_MARK_BYTES;
}

function untilRead(client: ClientSession): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (hasRoom(client)) resolve();
      else setTimeout(look, LOOK_MS).unref();
    };
    setTimeout(look, LOOK_MS).unref();
  });
}

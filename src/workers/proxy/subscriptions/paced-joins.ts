/**
 * Lets a client join many instruments no faster than it reads the last values that come first: all of them at once may be
 * more than may wait for a client, and it would be cut off for what it asked. Nor faster than others can have their ticks
 * beside it: the event loop turns in between. What it has not joined yet is the client's `joining` meanwhile: needed from
 * upstream, taken along when it moves, and kept with the session. Proxy worker thread.
 */
import { SLICE_MS, type WorkTurns } from '../admission/work-turns.ts';
import type { ClientSession } from '../connection/client-session.ts';
import type { ControlPlane } from '../control-plane.ts';
import { LOW_MARK_BYTES } from '../slow/conflator.ts';
import type { SubscriptionIndex } from './subscription-index.ts';
import { type Granted, needOf } from './subscription-item.ts';

/**
 * Above so many waiting bytes the client is left to read. More than conflated ticks fill up to as soon as it reads: beside
 * them it would hardly ever have room, and all that it asks for behind these joins would wait.
 */
const MARK_BYTES = 1.5 * LOW_MARK_BYTES;
/** Whether it has read is looked at after so long, then after twice as long, up to the longest: some never read. */
const FIRST_LOOK_MS = 5;
const LONGEST_LOOK_MS = 80;

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
  readonly #turns: Pick<WorkTurns, 'pause'>;

  constructor(
    control: Pick<ControlPlane, 'need'>,
    index: SubscriptionIndex,
    turns: Pick<WorkTurns, 'pause'>,
  ) {
    this.#control = control;
    this.#index = index;
    this.#turns = turns;
  }

  /**
   * At once as far as the client has room and the slice has time. Ends early when the client is gone.
   * @param unheld what is needed for this client from the first wait on, if it is not yet
   */
  async run(
    client: ClientSession,
    joins: Iterable<PacedJoin>,
    unheld: readonly Granted[] = [],
  ): Promise<void> {
    const left = new Set(unheld);
    const rest = joins[Symbol.iterator]();
    let next = rest.next();
    const joinSome = () => {
      const until = performance.now() + SLICE_MS;
      while (next.done !== true && client.open) {
        const { granted, needsRoom, join } = next.value;
        if (needsRoom && !hasRoom(client)) return;
        join();
        for (const each of granted) left.delete(each);
        this.#letGo(client, granted);
        next = rest.next();
        if (performance.now() >= until) return;
      }
    };
    try {
      for (;;) {
        // What comes first leaves in one write.
        corked(client, joinSome);
        if (next.done === true || !client.open) return;
        // What was granted is to be needed within this turn, or it is taken back.
        for (const granted of left) {
          client.joining.add(granted);
          this.#index.lingering.hold(needOf(granted));
        }
        left.clear();
        if (next.value.needsRoom && !hasRoom(client)) await untilRead(client);
        // Timers that are due together all go before any tick.
        await this.#turns.pause();
      }
    } finally {
      this.letGoAll(client);
    }
  }

  /** Keeps what a part of a request was granted while the rest is asked for. */
  hold({ granted }: ClientSession, all: readonly Granted[]): void {
    for (const each of all) {
      granted.add(each);
      this.#index.lingering.hold(needOf(each));
    }
  }

  /** Nothing more is joined. */
  letGoAll(client: ClientSession): void {
    this.#letGo(client, client.granted);
    this.#letGo(client, client.joining);
  }

  /** The control plane is told of what nobody needs any more. */
  #letGo({ granted, joining }: ClientSession, all: Iterable<Granted>): void {
    let ended: Set<number> | null = null;
    for (const each of all) {
      if (!joining.delete(each) && !granted.delete(each)) continue;
      const { slot, modes } = needOf(each);
      this.#index.lingering.letGo({ slot, modes });
      if ((this.#index.modes(slot) & modes) !== 0) continue;
      ended ??= new Set();
      ended.add(slot);
    }
    if (ended !== null) this.#control.need([...ended].map((slot) => this.#index.need(slot)));
  }
}

/** What is thrown must not go through the library, which would take it for nobody's. */
function corked(client: ClientSession, work: () => void): void {
  let failure: { readonly error: unknown } | null = null;
  client.cork(() => {
    try {
      work();
    } catch (error) {
      failure = { error };
    }
  });
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}

function hasRoom(client: ClientSession): boolean {
  return !client.open || client.socket.getBufferedAmount() <= MARK_BYTES;
}

function untilRead(client: ClientSession): Promise<void> {
  return new Promise((resolve) => {
    const lookIn = (ms: number) => {
      const look = () => (hasRoom(client) ? resolve() : lookIn(Math.min(LONGEST_LOOK_MS, 2 * ms)));
      setTimeout(look, ms).unref();
    };
    lookIn(FIRST_LOOK_MS);
  });
}

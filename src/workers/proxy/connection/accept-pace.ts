/**
 * Spreads new connections over turns of the event loop: of those that come together some are looked at at once, and the
 * others are left unread until their turn comes, in the order in which they came. What is expensive of a connection (its
 * TLS handshake, its request, its upgrade) begins with the first read, and the library does the work of all sockets that are
 * ready in one go; it cannot put off an upgrade itself. Proxy worker thread, once for each socket.
 *
 * How many wait is bounded by the places for handshakes: see `handshake-gate.ts`. One that goes meanwhile is noticed when its
 * turn comes, some milliseconds later.
 */
import type { HttpResponse } from 'uWebSockets.js';
import type { Handshake } from '../admission/handshake-gate.ts';

/** An upgrade with all that belongs to it takes some 50 µs, a signature of TLS up to a millisecond (2-core machine, Node 22). */
const PER_TURN = 6;
const TLS_PER_TURN = 1;
const COMPACT_AT = 1000;

interface Waiting {
  readonly socket: Pick<HttpResponse, 'resume'>;
  readonly handshake: Handshake;
}

export class AcceptPace {
  readonly #perTurn: number;
  #waiting: Waiting[] = [];
  /** How many of these have had their turn. */
  #done = 0;
  /** Connections that were begun with in this turn. */
  #begun = 0;
  #next: NodeJS.Immediate | undefined;

  constructor(isTls: boolean) {
    this.#perTurn = isTls ? TLS_PER_TURN : PER_TURN;
  }

  /** Lets the library read a new socket now, or when its turn has come. */
  admit(socket: Pick<HttpResponse, 'pause' | 'resume'>, handshake: Handshake): void {
    this.#next ??= setImmediate(this.#turn);
    if (this.#begun < this.#perTurn && this.#waiting.length === 0) {
      this.#begun++;
      return;
    }
    socket.pause();
    this.#waiting.push({ socket, handshake });
  }

  /** Nobody's turn comes any more. */
  stop(): void {
    clearImmediate(this.#next);
    this.#waiting = [];
    this.#done = 0;
  }

  readonly #turn = (): void => {
    this.#next = undefined;
    this.#begun = 0;
    while (this.#begun < this.#perTurn && this.#done < this.#waiting.length) {
      const { socket, handshake } = this.#waiting[this.#done++]!;
      if (handshake.isOver) continue;
      socket.resume();
      this.#begun++;
    }
    if (this.#done === this.#waiting.length || this.#done >= COMPACT_AT) {
      this.#waiting = this.#waiting.slice(this.#done);
      this.#done = 0;
    }
    if (this.#begun > 0) this.#next = setImmediate(this.#turn);
  };
}

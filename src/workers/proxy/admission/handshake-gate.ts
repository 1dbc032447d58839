/**
 * Bounds the sockets that are no client's yet: somebody who only connects holds a file descriptor, which clients need. The
 * socket library gives up one that asks for nothing after some ten seconds; this sees that they are not too many until then,
 * all together and of one address. Proxy worker thread, once for each socket.
 *
 * The library says of a socket that it is gone, but not which one it was. It tells handlers of the socket itself, though, when
 * it is gone without an answer, and when its first request has been handled; these count it under its address. An upgrade is
 * told to none of them, and is taken for the first request of its socket. So that it is, an answer that is no upgrade ends
 * its connection, and whoever asks on while such an answer is on its way to the same address is closed: such requests could
 * count off sockets that the address still holds. An answer that is longer than what the library gathers may end the
 * connection at once, without a word to those handlers: that is seen from the socket that goes meanwhile. And of a request
 * that promises a body they may hear nothing at all: it is told to upgrade outside of the library's reading, where so short
 * an answer ends the connection at once.
 */
import type { HttpResponse } from 'uWebSockets.js';
import type { AdmissionTask, ClientLimits } from '../../admission-messages.ts';
import { USAGE, UsageTable } from '../../usage-table.ts';
import type { ClientAddresses, Peer } from './client-address.ts';

/** Of all places an address may hold this part. */
const ADDRESS_PART = 0.5;
/**
 * So long an answer may take to be read, and up to as long again. The library would look at it, were nobody told that a
 * request has been handled.
 */
const ANSWER_MS = 5000;

/** A socket that has a place. */
export interface Handshake {
  /** It is gone, and must not be touched. */
  isOver: boolean;
}

/** What one address holds: sockets before their first request, and those that read the answer. */
interface Held {
  waiting: number;
  answered: number;
}

interface Reader {
  readonly response: HttpResponse;
  /** It was there already when such a time ended. */
  isLate: boolean;
}

export class HandshakeGate {
  readonly #addresses: ClientAddresses;
  readonly #usage: UsageTable;
  readonly #row: number;
  readonly #limits: Pick<ClientLimits, 'maxHandshakes'>;
  readonly #workers: number;
  readonly #held = new Map<string, Held>();
  readonly #readers = new Set<Reader>();
  #timer: NodeJS.Timeout | undefined;
  /** Sockets that were closed here, of which the library has not told yet that they are gone. */
  #closing = 0;
  /** Address of the socket that is being answered. */
  #answering: string | null = null;
  refused = 0;

  constructor({ usage, row, workers, limits }: AdmissionTask, addresses: ClientAddresses) {
    this.#addresses = addresses;
    this.#usage = new UsageTable(usage, workers);
    this.#row = row;
    this.#limits = limits;
    this.#workers = workers;
  }

  /** The system spreads the sockets of an address evenly over the workers. */
  get #limitOfAddress(): number {
    const { maxHandshakes } = this.#limits;
    if (maxHandshakes === 0) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.floor((maxHandshakes * ADDRESS_PART) / this.#workers));
  }

  /** Gives a new socket a place; closes it if there is none, and returns null. */
  enter(response: HttpResponse): Handshake | null {
    const { counted } = this.#addresses.peer(response.getRemoteAddress());
    const held = counted === null ? undefined : this.#held.get(counted);
    const isFull = held !== undefined && held.waiting + held.answered >= this.#limitOfAddress;
    if (isFull || this.#usage.claim(this.#row, USAGE.HANDSHAKES, 1, this.#limits.maxHandshakes) === 0) {
      this.refused++;
      this.#closing++;
      response.close();
      return null;
    }
    const handshake = { isOver: false };
    if (counted === null) {
      response.onAborted(() => {
        handshake.isOver = true;
      });
    } else this.#follow(response, counted, handshake);
    return handshake;
  }

  /** The library says that a socket is gone that has not become a client's. */
  leave(): void {
    if (this.#closing > 0) {
      this.#closing--;
      return;
    }
    this.#usage.add(this.#row, USAGE.HANDSHAKES, -1);
    if (this.#answering === null) return;
    this.#change(this.#answering, 'waiting', -1);
    this.#answering = null;
  }

  /** Whether a request of this end can only be the first one of its socket. */
  isFirstRequest({ counted }: Peer): boolean {
    return counted === null || (this.#held.get(counted)?.answered ?? 0) === 0;
  }

  /** @param end writes the answer, and ends the connection with it */
  answer({ counted }: Peer, end: () => void): void {
    this.#answering = counted;
    end();
    this.#answering = null;
  }

  /** Answers a request that promises a body, which nobody waits for. @param end as with `answer`; short */
  answerWithBody({ counted }: Peer, response: HttpResponse, end: () => void): void {
    let isGone = false;
    const countOff = () => {
      if (counted !== null) this.#change(counted, 'waiting', -1);
    };
    // In place of those that have followed it so far. The library closes whoever asks on before there is an answer.
    response.onAborted(() => {
      isGone = true;
      countOff();
    });
    response.onData(() => {});
    setImmediate(() => {
      if (isGone) return;
      countOff();
      response.cork(end);
    });
  }

  /** A socket becomes a client's. */
  onUpgraded({ counted }: Peer): void {
    if (counted !== null) this.#change(counted, 'waiting', -1);
    this.#usage.add(this.#row, USAGE.HANDSHAKES, -1);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #follow(response: HttpResponse, address: string, handshake: { isOver: boolean }): void {
    this.#change(address, 'waiting', 1);
    response.onAborted(() => {
      handshake.isOver = true;
      this.#change(address, 'waiting', -1);
    });
    let isAnswered = false;
    response.onData(() => {
      if (isAnswered) return;
      isAnswered = true;
      this.#change(address, 'waiting', -1);
      this.#followAnswer(response, address);
    });
  }

  #followAnswer(response: HttpResponse, address: string): void {
    const reader = { response, isLate: false };
    this.#change(address, 'answered', 1);
    this.#readers.add(reader);
    this.#timer ??= setTimeout(this.#endReaders, ANSWER_MS);
    // In place of the one before, which has left with the answer.
    response.onAborted(() => {
      this.#change(address, 'answered', -1);
      this.#readers.delete(reader);
    });
  }

  readonly #endReaders = (): void => {
    this.#timer = undefined;
    for (const reader of this.#readers) {
      if (reader.isLate) reader.response.close();
      reader.isLate = true;
    }
    if (this.#readers.size > 0) this.#timer = setTimeout(this.#endReaders, ANSWER_MS);
  };

  #change(address: string, state: keyof Held, change: 1 | -1): void {
    let held = this.#held.get(address);
    if (held === undefined) {
      held = { waiting: 0, answered: 0 };
      this.#held.set(address, held);
    }
    held[state] += change;
    if (held.waiting + held.answered === 0) this.#held.delete(address);
  }
}

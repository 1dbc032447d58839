/**
 * Bounds the sockets that are no client's yet: somebody who only connects holds a file descriptor, which clients need. The
 * socket library gives up one that asks for nothing after some ten seconds; this sees that they are not too many until then.
 * Proxy worker thread, once for each socket.
 */
import type { HttpResponse } from 'uWebSockets.js';
import type { AdmissionTask } from '../../admission-messages.ts';
import { USAGE, UsageTable } from '../../usage-table.ts';

export class HandshakeGate {
  readonly #usage: UsageTable;
  readonly #row: number;
  readonly #limit: number;
  /** Sockets that were closed here, of which the library has not told yet that they are gone. */
  #closing = 0;
  refused = 0;

  constructor({ usage, row, workers, limits }: AdmissionTask) {
    this.#usage = new UsageTable(usage, workers);
    this.#row = row;
    this.#limit = limits.maxHandshakes;
  }

  /** As the library tells: 1 for a socket that is there, -1 for one that is gone without having become a WebSocket. */
  onSocket(response: Pick<HttpResponse, 'close'>, change: number): void {
    if (change < 0) {
      if (this.#closing > 0) this.#closing--;
      else this.#usage.add(this.#row, USAGE.HANDSHAKES, -1);
    } else if (this.#usage.claim(this.#row, USAGE.HANDSHAKES, 1, this.#limit) === 0) {
      this.refused++;
      this.#closing++;
      response.close();
    }
  }

  /** A socket has become a client's. */
  onUpgraded(): void {
    this.#usage.add(this.#row, USAGE.HANDSHAKES, -1);
  }
}

/**
 * Lets a client in when there is room for it; else it reads why as the answer to its request for a WebSocket. Proxy worker
 * thread, once for each connection.
 */
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { AdmissionRefusal } from '../../admission-messages.ts';
import type { Admission, Connection } from './admission.ts';
import type { ClientAddresses, Peer } from './client-address.ts';

/** When a client that found no room may try again, in seconds. */
const RETRY_AFTER_S = 5;

const REFUSALS: {
  readonly [refusal in AdmissionRefusal]: { readonly status: string; readonly text: string };
} = {
  connections: {
    status: '503 Service Unavailable',
    text: 'TOO_MANY_CONNECTIONS: as many clients are connected as TICKWIRE_MAX_CONNECTIONS allows',
  },
  address: {
    status: '429 Too Many Requests',
    text: 'TOO_MANY_CONNECTIONS: as many clients of this address are connected as TICKWIRE_MAX_CONNECTIONS_PER_ADDRESS allows',
  },
};

/** All lines of the header: a proxy may add one of its own behind that of the client. */
function forwardedFor(request: HttpRequest): string {
  const lines: string[] = [];
  request.forEach((name, value) => {
    if (name === 'x-forwarded-for') lines.push(value);
  });
  return lines.join(',');
}

export class UpgradeGate {
  readonly #admission: Admission;
  readonly #addresses: ClientAddresses;

  constructor(admission: Admission, addresses: ClientAddresses) {
    this.#admission = admission;
    this.#addresses = addresses;
  }

  /**
   * Asks for room, and refuses the request if there is none.
   * @returns the connection, null for one that was refused
   */
  enter(response: HttpResponse, request: HttpRequest, peer: Peer): Connection | null {
    const entered = this.#admission.enter(this.#countedAs(request, peer));
    if (typeof entered !== 'string') return entered;
    refuse(response, entered);
    return null;
  }

  /** Headers are gone through one by one only where what they say counts. */
  #countedAs(request: HttpRequest, { address, isTrusted, counted }: Peer): string | null {
    return isTrusted ? this.#addresses.counted(address, forwardedFor(request)) : counted;
  }
}

function refuse(response: HttpResponse, refusal: AdmissionRefusal): void {
  const { status, text } = REFUSALS[refusal];
  response.writeStatus(status).writeHeader('Retry-After', `${RETRY_AFTER_S}`);
  response.writeHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`, true);
}

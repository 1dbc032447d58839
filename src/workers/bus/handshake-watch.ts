/**
 * Counts who fails to speak CURVE to a socket: ZeroMQ turns them away before it asks the ZAP handler, and says so only in
 * the socket's events. It takes all events of its socket, `end` too. Bus worker thread.
 */
import type { EventOfType, Socket } from 'zeromq';

type HandshakeFailure = EventOfType<'handshake:error:protocol'>;

/** What libzmq's word means to an operator. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_ZMTP_MECHANISM_MISMATCH: 'no CURVE: the peer has no keys configured',
  ERR_ZMTP_CRYPTOGRAPHIC:
    "wrong server key: TICKWIRE_CURVE_SERVER_KEYS of the peer is not this host's public key",
};

const UNFINISHED = 'the handshake was not finished: a peer without keys, or something that speaks no ZeroMQ';

/** @param isVague it may be anybody */
export type OnHandshakeFailure = (reason: string, isVague: boolean) => void;

export class HandshakeWatch {
  /** Resolves when ZeroMQ has let go of the socket. */
  readonly ended: Promise<void>;

  constructor(socket: Socket, onFailure: OnHandshakeFailure) {
    this.ended = watch(socket, onFailure);
  }
}

async function watch(socket: Socket, onFailure: OnHandshakeFailure): Promise<void> {
  try {
    for await (const event of socket.events) {
      if (event.type === 'end') return;
      if (event.type === 'handshake:error:protocol') onFailure(reasonOf(event), false);
      // A peer without CURVE may notice first that we have nothing in common, and close.
      if (event.type === 'handshake:error:other') onFailure(UNFINISHED, true);
    }
  } catch {
    // The observer was closed with the socket's context: there is nothing left to wait for.
  }
}

function reasonOf({ error }: HandshakeFailure): string {
  return REASONS[error.code] ?? `the handshake failed: ${error.code}`;
}

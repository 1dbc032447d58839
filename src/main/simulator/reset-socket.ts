/** The end of a TCP connection without a word, as of a host that crashes. */
import type { Socket } from 'node:net';

/**
 * Closes a socket with a TCP reset, or as it is being closed already.
 *
 * Node 22 (libuv) refuses the reset of a socket whose end is under way, `EINVAL`, after which the socket can never be closed:
 * its thread spins for ever when it is to end. A peer that closes in the same moment is enough.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

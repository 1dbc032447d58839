/**
 * Between the socket library and what is done with the sockets of dashboards: an error that reached the library would end
 * the thread, and with it every dashboard, metrics and health. Thread of the operator's listener.
 */
import type { LiveConnections, LiveSocket } from './live-connections.ts';

/** @param detail the error, with where it came from */
export type OnSocketFailure = (address: string, detail: string) => void;

export type SocketHandlers = Pick<LiveConnections, 'open' | 'message' | 'close'>;

/** What WebSocket calls an error of the server. */
const INTERNAL_ERROR = 1011;

/** @returns handlers that never throw: the socket at which one fails is closed, and nothing else ends */
export function guardSockets(handlers: SocketHandlers, onFailure: OnSocketFailure): SocketHandlers {
  const guard = (socket: LiveSocket, handle: () => void, isOpen = true): void => {
    const { address } = socket.getUserData();
    try {
      handle();
    } catch (error) {
      onFailure(address, error instanceof Error ? (error.stack ?? error.message) : 'no error was thrown');
      if (isOpen) giveUp(socket);
    }
  };
  return {
    open: (socket) => guard(socket, () => handlers.open(socket)),
    message: (socket, bytes) => guard(socket, () => handlers.message(socket, bytes)),
    close: (socket) => guard(socket, () => handlers.close(socket), false),
  };
}

function giveUp(socket: LiveSocket): void {
  try {
    socket.end(INTERNAL_ERROR, 'INTERNAL_ERROR');
  } catch {
    // The library throws for a socket that it has closed already.
  }
}

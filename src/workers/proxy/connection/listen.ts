/** Opens the clients' port. Proxy worker thread. */
import { type TemplatedApp, type us_listen_socket, us_socket_local_port } from 'uWebSockets.js';

declare module 'uWebSockets.js' {
  // The library takes an address and options together; its types know either.
  interface TemplatedApp {
    listen(
      host: string,
      port: number,
      options: number,
      done: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
  }
}

/** As in the library, whose types have it without its value: SO_REUSEPORT is left out. */
const EXCLUSIVE = 1;
const SHARED = 0;

export interface Listener {
  readonly socket: us_listen_socket;
  readonly port: number;
}

/**
 * Resolves with null when the address cannot be bound.
 *
 * @param isShared several workers listen on the port. Otherwise nobody can come beside this one, say a second engine that looked
 *   at the port in the same moment: on Linux the two would take each other's clients without a complaint.
 */
export function listen(
  app: TemplatedApp,
  host: string,
  port: number,
  isShared: boolean,
): Promise<Listener | null> {
  return new Promise((resolve) => {
    app.listen(host, port, isShared ? SHARED : EXCLUSIVE, (socket) => {
      resolve(socket === false ? null : { socket, port: us_socket_local_port(socket) });
    });
  });
}

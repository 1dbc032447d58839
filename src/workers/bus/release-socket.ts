import { setImmediate } from 'node:timers/promises';
import type { Observer, Socket } from 'zeromq';

/**
 * Closes a socket, and resolves when ZeroMQ's threads have let go of it and of every message that was handed to them.
 *
 * `close()` alone returns before that. ZeroMQ sends straight from our memory, and says from a thread of its own when it is
 * done with a message: to the thread that sent it, which then must still be there. While another thread of the process
 * uses ZeroMQ too, nothing else waits for that, and the process dies of a corrupted heap. The last event of a socket
 * comes from its destructor, when its pipes and connections are gone.
 *
 * @param ended resolves at that last event, for a socket whose events somebody else takes
 */
export async function releaseSocket(socket: Socket, ended?: Promise<void>): Promise<void> {
  const { events } = socket;
  socket.close();
  await (ended ?? lastEvent(events));
  // The messages themselves are let go of in a turn of this thread's event loop.
  await setImmediate();
}

async function lastEvent(events: Observer): Promise<void> {
  try {
    for await (const { type } of events) if (type === 'end') return;
  } catch {
    // The observer was closed with the socket's context: there is nothing left to wait for.
  }
}

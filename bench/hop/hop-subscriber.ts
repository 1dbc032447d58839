import { XSubscriber } from 'zeromq';
import { releaseSocket } from '../../src/workers/bus/release-socket.ts';

/**
 * Hands over each message of the bus as its frames: the topic, then the ticks.
 *
 * @returns what ends it, and frees the socket
 */
export function subscribeHop(
  endpoint: string,
  topics: readonly string[],
  onMessage: (frames: readonly Buffer[]) => void,
): () => Promise<void> {
  const socket = new XSubscriber({
    sendHighWaterMark: 0,
    sendTimeout: 0,
    receiveHighWaterMark: 100_000,
    linger: 0,
  });
  socket.connect(endpoint);
  for (const topic of topics) void socket.send(Buffer.from(`\x01${topic}`));
  const receive = async () => {
    for await (const frames of socket) onMessage(frames);
  };
  void receive();
  return () => releaseSocket(socket);
}

import { createTickSubscriber, subscribeTopic } from '../../src/workers/bus/bus-sockets.ts';
import { releaseSocket } from '../../src/workers/bus/release-socket.ts';

export interface HopSubscriberOptions {
  readonly endpoint: string;
  readonly topics: readonly string[];
  readonly heartbeatMs: number;
  readonly receiveHighWaterMark: number;
}

/**
 * Hands over each message of the bus as its frames: the topic, then the ticks.
 *
 * @returns what ends it, and frees the socket
 */
export function subscribeHop(
  { endpoint, topics, heartbeatMs, receiveHighWaterMark }: HopSubscriberOptions,
  onMessage: (frames: readonly Buffer[]) => void,
): () => Promise<void> {
  const socket = createTickSubscriber({ endpoint, heartbeatMs, receiveHighWaterMark, curve: null });
  socket.connect(endpoint);
  for (const topic of topics) subscribeTopic(socket, topic);
  const receive = async () => {
    for await (const frames of socket) onMessage(frames);
  };
  void receive();
  return () => releaseSocket(socket);
}

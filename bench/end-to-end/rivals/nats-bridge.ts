/**
 * Brings ticks to a NATS server: the floor's half towards the broker, and its message, published to a subject for each
 * instrument. NATS itself hands them on to the clients.
 *
 *   load generator ══n × WebSocket══▶ bridge: ws ─▶ patch ─▶ PUB ──TCP──▶ nats-server ══WebSocket══▶ clients
 *
 * Clients subscribe at the server, and ask the bridge over the server to subscribe upstream. All that came with one turn of
 * the loop goes to the server in one write.
 */
import { benchSymbol } from '../bench-instruments.ts';
import { NatsConnection } from './nats-connection.ts';
import { LEAVES, publishHead, REQUESTS, tickSubject } from './nats-subjects.ts';
import { PrebuiltQuote } from './prebuilt-quote.ts';
import { type RelayAddresses, serveRelay } from './relay-program.ts';
import { RelaySubscriptions } from './relay-subscriptions.ts';
import { RelayUpstream } from './relay-upstream.ts';
import { readBenchIndex } from './token-reader.ts';

async function start({ upstreamUrl, serverUrl }: RelayAddresses): Promise<string> {
  const quote = new PrebuiltQuote();
  /** By the place of the instrument among all. */
  const heads: string[] = [];
  const addHead = (index: number) => {
    heads[index] ??= publishHead(tickSubject(benchSymbol(index)), quote.bytes.length);
  };
  const upstream = new RelayUpstream(upstreamUrl, (packet) => {
    quote.patch(packet);
    server.publish(heads[readBenchIndex(packet)]!, quote.bytes);
  });
  /** Clients by their inboxes. */
  const subscriptions = new RelaySubscriptions<string>(upstream);
  const server = new NatsConnection(serverUrl, ({ subject, replyTo, text }) => {
    if (subject === LEAVES) return subscriptions.close(replyTo);
    const answer = Buffer.from(subscriptions.answer(replyTo, text, addHead));
    server.publish(publishHead(replyTo, answer.length), answer);
  });
  await server.subscribe([REQUESTS, LEAVES]);
  return serverUrl;
}

serveRelay(start);

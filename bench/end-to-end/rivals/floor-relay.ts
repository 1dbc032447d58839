/**
 * The floor: what passing a tick on costs when nothing is done with it. One thread, the `ws` package towards the broker,
 * uWebSockets.js towards the clients, and a message that was built beforehand, into which price and volume are patched.
 *
 *   load generator ══n × WebSocket══▶ ws ─▶ patch ─▶ publish ══WebSocket══▶ clients
 *
 * What it does: subscribes upstream what somebody wants, a connection for each 1000 tokens; reads two numbers of each
 * packet at their fixed places; publishes natively, once for a tick and all clients. The library collects what is
 * published until all sockets that had something to read are read, and then writes to each client once.
 *
 * What it does not do: look at a packet's mode, length or other fields; keep a last value; find ticks that are missing,
 * old or repeated; check a key; serve any mode or framing but quotes as JSON. As long as all clients want the same it
 * does not even look at the instrument: there is one topic. Its message has the engine's length and one instrument's name.
 */
import { App, us_socket_local_port, type WebSocket } from 'uWebSockets.js';
import { PrebuiltQuote } from './prebuilt-quote.ts';
import { type RelayAddresses, serveRelay } from './relay-program.ts';
import { RelaySubscriptions } from './relay-subscriptions.ts';
import { RelayUpstream } from './relay-upstream.ts';
import { readBenchIndex } from './token-reader.ts';

/** The identity of a client. */
type Client = Record<string, never>;

const EVERYTHING = 'all';
/** Enough that what a slow client is owed is counted as latency, not as loss. */
const MAX_BACKPRESSURE = 64 * 1024 * 1024;
const MAX_REQUEST = 256 * 1024;

/** By the place of the instrument among all. */
const topics: string[] = [];

function topicOf(index: number): string {
  topics[index] ??= `instrument ${index}`;
  return topics[index];
}

function subscribe(socket: WebSocket<Client>, index: number): void {
  socket.subscribe(EVERYTHING);
  socket.subscribe(topicOf(index));
}

function start({ upstreamUrl }: RelayAddresses): Promise<string> {
  const app = App();
  const quote = new PrebuiltQuote();
  const upstream = new RelayUpstream(upstreamUrl, (packet) => {
    quote.patch(packet);
    const topic = subscriptions.allWantTheSame ? EVERYTHING : topics[readBenchIndex(packet)]!;
    app.publish(topic, quote.bytes, false);
  });
  const subscriptions = new RelaySubscriptions<Client>(upstream);
  app.ws<Client>('/*', {
    maxBackpressure: MAX_BACKPRESSURE,
    maxPayloadLength: MAX_REQUEST,
    idleTimeout: 0,
    sendPingsAutomatically: false,
    message: (socket, message) => {
      const text = Buffer.from(message).toString();
      socket.send(
        subscriptions.answer(socket.getUserData(), text, (index) => subscribe(socket, index)),
        false,
      );
    },
    close: (socket) => subscriptions.close(socket.getUserData()),
  });
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (listener) => {
      if (listener === false) reject(new Error('the floor cannot listen'));
      else resolve(`ws://127.0.0.1:${us_socket_local_port(listener)}/`);
    });
  });
}

serveRelay(start);

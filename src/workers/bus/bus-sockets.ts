/**
 * Every socket of the bus, with every ZeroMQ option that matters set on purpose. Nothing else makes one. OPERATIONS.md
 * has the same table for those who operate it.
 *
 * Facts of libzmq 4.3.5 that the values rest on, each tried:
 * - A limit is per peer. Beyond it XPUB drops messages of that peer alone, DEALER and ROUTER refuse to send.
 * - A connection counts as dead when nothing came for `heartbeatTimeout` after a ping, so `interval + timeout` after the
 *   last byte at most.
 * - Limits, heartbeats and CURVE are matters of a connection: `inproc` has none of them but the high-water marks of both
 *   ends, which add up.
 */
import { Context, Dealer, Router, XPublisher, XSubscriber } from 'zeromq';

/** The own keys of a bus and the keys that it lets in, all Z85. */
export interface CurveServer {
  readonly publicKey: string;
  readonly secretKey: string;
  /** Public keys of the proxies. */
  readonly allowed: readonly string[];
}

/** The own keys of one that connects, and the key that the other side must prove to have, all Z85. */
export interface CurvePeer {
  readonly publicKey: string;
  readonly secretKey: string;
  readonly serverKey: string;
}

interface BusSocketOptions {
  readonly endpoint: string;
  /** A peer counts as away when nothing came from it for three of these. */
  readonly heartbeatMs: number;
}

export interface BusServerOptions extends BusSocketOptions {
  /** Null for a bus without encryption. Needs a `context` of its own, in which a `ZapHandler` runs. */
  readonly curve: CurveServer | null;
  /** Null for the context that all threads of the process share, which `inproc` needs. */
  readonly context: Context | null;
}

export interface TickPublisherOptions extends BusServerOptions {
  readonly sendHighWaterMark: number;
}

export interface BusClientOptions extends BusSocketOptions {
  readonly curve: CurvePeer | null;
}

export interface TickSubscriberOptions extends BusClientOptions {
  readonly receiveHighWaterMark: number;
}

/** What the sockets of a bus call themselves when they ask whether a key may come in. */
export const ZAP_DOMAIN = 'tickwire';
/** Missed heartbeats after which the other side counts as away. */
export const HEARTBEATS_UNTIL_AWAY = 3;
/** Longest topic that is taken from a subscriber. */
const MAX_SUBSCRIPTION_BYTES = 1024;
/** An event may name all instruments of a broker; a tick has less than 1 KiB. */
const MAX_PUBLISHED_BYTES = 4 << 20;
/** A request names instruments with about 40 bytes each, an answer with about 200. */
const MAX_REQUEST_BYTES = 256 << 10;
const MAX_ANSWER_BYTES = 16 << 20;
/** Subscriptions of one peer that wait for the bus thread. Beyond it the peer's connection is not read. */
const WAITING_SUBSCRIPTIONS = 10_000;
/** Requests, and answers, of one peer under way. */
const CONTROL_HIGH_WATER_MARK = 1000;
const HANDSHAKE_MS = 5000;
const RECONNECT_MS = 200;
const MAX_RECONNECT_MS = 2000;
const LEAST_CONNECT_MS = 1000;

/** A context of its own for a bus with CURVE: a ZAP handler answers for all sockets of a context, and for no other's. */
export function createBusContext(): Context {
  // An end of the process never waits for messages that nobody fetches.
  return new Context({ blocky: false, ioThreads: 1 });
}

/** The socket that ticks and events go out by, and subscriptions come in by. */
export function createTickPublisher(options: TickPublisherOptions): XPublisher {
  const socket = new XPublisher({
    ...serverOptions(options),
    // Messages held for one subscriber. Above it XPUB drops that subscriber's messages, and only its: it sees the jump in
    // the sequence numbers. Memory per subscriber is bounded by it, and so is the age of what a slow one reads.
    sendHighWaterMark: options.sendHighWaterMark,
    // A slow subscriber is dropped for, it never holds up the others.
    noDrop: false,
    // XPUB never waits; said aloud, so that each send is tried at once, without asking first whether it may.
    sendTimeout: 0,
    receiveHighWaterMark: WAITING_SUBSCRIPTIONS,
    // A subscriber that sends more than a topic is disconnected before it fills our memory.
    maxMessageSize: MAX_SUBSCRIPTION_BYTES,
  });
  // Without it a second subscriber of a topic is not reported, and gets no last value.
  socket.verbosity = 'allSubs';
  return socket;
}

/**
 * The socket that ticks and events come in by. An XSUB, since SUB loses subscriptions without a word: what it sends
 * upstream is limited to 1000 messages, also when it subscribes anew after a reconnect, and it has no option for that.
 * Subscribe with `subscribeTopic`, and always have a `receive` under way: ZeroMQ subscribes anew after a reconnect only
 * when the socket is read.
 */
export function createTickSubscriber(options: TickSubscriberOptions): XSubscriber {
  return new XSubscriber({
    ...clientOptions(options),
    // No limit: a subscription that is dropped here is never made. What waits is bounded by the topics that we want.
    sendHighWaterMark: 0,
    sendTimeout: 0,
    // Messages of one feed host that wait for this thread. Above it its connection is not read; its own limit fills, then
    // it drops.
    receiveHighWaterMark: options.receiveHighWaterMark,
    maxMessageSize: MAX_PUBLISHED_BYTES,
  });
}

/** Asks for all messages whose topic begins so, now and after each reconnect. */
export function subscribeTopic(socket: XSubscriber, topic: string): void {
  void socket.send(subscription(1, topic));
}

/** Takes back one `subscribeTopic` of the very same text. */
export function unsubscribeTopic(socket: XSubscriber, topic: string): void {
  void socket.send(subscription(0, topic));
}

/**
 * Connects anew, with all subscriptions. ZeroMQ comes back by itself when a connection is lost or nobody listens, but
 * gives up for ever, without a word, after a message that is too large or no ZeroMQ, and when it is told that its key is
 * refused. So call this when nothing came from a host for much longer than `reconnectInterval`.
 */
export function connectAnew(socket: XSubscriber | Dealer, endpoint: string): void {
  try {
    socket.disconnect(endpoint);
  } catch {
    // ZeroMQ had given up the connection, and with it the endpoint.
  }
  socket.connect(endpoint);
}

/** The socket that requests come in by. A message begins with the peer's routing id. */
export function createControlServer(options: BusServerOptions): Router {
  return new Router({
    ...serverOptions(options),
    // An answer to a peer that is gone (EHOSTUNREACH) or does not read (EAGAIN) fails, and is not lost silently.
    mandatory: true,
    sendTimeout: 0,
    sendHighWaterMark: CONTROL_HIGH_WATER_MARK,
    receiveHighWaterMark: CONTROL_HIGH_WATER_MARK,
    // Nobody takes over the routing id, and with it the answers, of another one.
    handover: false,
    maxMessageSize: MAX_REQUEST_BYTES,
  });
}

/** The socket that requests go out by. `send` fails with EAGAIN while the host is away or does not read. */
export function createControlClient(options: BusClientOptions): Dealer {
  return new Dealer({
    ...clientOptions(options),
    sendTimeout: 0,
    sendHighWaterMark: CONTROL_HIGH_WATER_MARK,
    receiveHighWaterMark: CONTROL_HIGH_WATER_MARK,
    maxMessageSize: MAX_ANSWER_BYTES,
  });
}

function connectionOptions({ endpoint, heartbeatMs }: BusSocketOptions) {
  const awayMs = HEARTBEATS_UNTIL_AWAY * heartbeatMs;
  return {
    // What nobody has fetched shall not hold up the stop of the engine.
    linger: 0,
    // A link that is cut or half-open is found by both ends, though neither has anything to send: the connection is
    // closed, and what it had subscribed to is unsubscribed.
    heartbeatInterval: heartbeatMs,
    heartbeatTimeout: awayMs - heartbeatMs,
    // Makes a peer that has set no heartbeats of its own find it too. Counted in 100 ms; less than that is none.
    heartbeatTimeToLive: Math.max(100, awayMs),
    // TCP's own probes would find the same, hours later.
    tcpKeepalive: 0,
    // Bytes that are not acknowledged for so long end the connection. Without it the kernel tries for a quarter of an hour.
    tcpMaxRetransmitTimeout: awayMs,
    // A connection that says nothing, or does not prove its key, is closed. Also the time for the ZAP handler to answer.
    handshakeInterval: HANDSHAKE_MS,
    // With it names would resolve to IPv6 addresses only where there is one; so it is used where it is written.
    ipv6: endpoint.includes('['),
  };
}

function serverOptions(options: BusServerOptions) {
  const { curve, context } = options;
  return {
    ...connectionOptions(options),
    // All proxies may come back in the same moment.
    backlog: 256,
    ...(context === null ? {} : { context }),
    ...(curve === null ? {} : curveServerOptions(curve)),
  };
}

function curveServerOptions({ secretKey }: CurveServer) {
  return {
    curveServer: true,
    curveSecretKey: secretKey,
    zapDomain: ZAP_DOMAIN,
    // Without it CURVE lets everybody in while no ZAP handler is there to ask.
    zapEnforceDomain: true,
  };
}

function clientOptions(options: BusClientOptions) {
  const { curve, heartbeatMs } = options;
  return {
    ...connectionOptions(options),
    // The first doubles up to the second, with some chance in it, so that a feed host that comes back is not run over.
    reconnectInterval: RECONNECT_MS,
    reconnectMaxInterval: MAX_RECONNECT_MS,
    // What waits belongs to a connection, and goes with it. A request is never queued for a host that is away, to be answered
    // when nobody waits for it any more. And without it libzmq ends the process (zeromq/libzmq#3937) when a reader goes on
    // after its full queue had kept heartbeats from being read for so long that the connection was given up.
    immediate: true,
    // A host that swallows the first packet (a firewall, a machine that is off) is tried anew, not after two minutes.
    connectTimeout: Math.max(LEAST_CONNECT_MS, HEARTBEATS_UNTIL_AWAY * heartbeatMs),
    ...(curve === null
      ? {}
      : {
          curvePublicKey: curve.publicKey,
          curveSecretKey: curve.secretKey,
          curveServerKey: curve.serverKey,
        }),
  };
}

/** As a text, which ZeroMQ copies: bytes would stay ours, and over inproc outlive this thread in the other's hands. */
function subscription(kind: 0 | 1, topic: string): string {
  return String.fromCharCode(kind) + topic;
}

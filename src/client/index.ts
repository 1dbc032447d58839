/**
 * Tickwire's client for Node.js 22 and browsers. Needs nothing but the platform's WebSocket, and the package msgpackr for the
 * framing msgpack.
 */
import type { ConnectOptions } from './client-options.ts';
import { TickwireClient } from './tickwire-client.ts';

/**
 * Connects, and goes on connecting whenever the connection is lost, until `close` or an error that no attempt can mend. Subscribe
 * at once, without waiting.
 * @throws TickwireError INVALID_OPTION
 */
export function connect(options: ConnectOptions): TickwireClient {
  return new TickwireClient(options);
}

export type { ReconnectTimes } from './backoff.ts';
export type { ConnectOptions, Feature } from './client-options.ts';
export type { ConnectionTimes } from './connection.ts';
export type { FramingName } from './framing.ts';
export type { ClientState, StateChange } from './link.ts';
export type { SessionNews } from './login.ts';
export type { FeedStatus, FeedStatusName, Gap, Receipt } from './notice.ts';
export { type Hops, hopsOf, type Stamps } from './stamps.ts';
export type { StaleReason } from './stream.ts';
export type { Subscription, SubscriptionEvents } from './subscription.ts';
export type { SlowPolicy, SubscribeOptions } from './terms.ts';
export type { DepthLevel, DepthTick, LtpTick, QuoteTick, Tick, TickMode, TickOf } from './tick.ts';
export type { Overflow } from './tick-queue.ts';
export type { ClientEvents, TickwireClient } from './tickwire-client.ts';
export { type ClientErrorCode, TickwireError } from './tickwire-error.ts';

import type { ClientLimits } from '../../workers/admission-messages.ts';
import type { Config } from '../config-options.ts';

/** What the configuration says of clients, for the workers that serve them. */
export function clientLimits(config: Config): ClientLimits {
  return {
    trustedProxies: config.trustedProxies,
    maxConnections: config.maxConnections,
    maxHandshakes: config.maxHandshakes,
    maxConnectionsPerAddress: config.maxConnectionsPerAddress,
    maxConnectionsPerKey: config.maxConnectionsPerKey,
    authAttempts: config.authAttempts,
    authWindowMs: config.authWindowMs,
    requestsPerSecond: config.requestsPerSecond,
    requestBurst: config.requestBurst,
    maxBatch: config.maxBatch,
    maxSubscriptionsPerClient: config.maxSubscriptionsPerClient,
    maxSubscriptionsPerKey: config.maxSubscriptionsPerKey,
    maxSubscriptions: config.maxSubscriptions,
    maxStreams: config.maxStreams,
    idleTimeoutMs: config.idleTimeoutMs,
    maxOutboundBytes: config.maxOutboundBytes,
    maxInboundBytes: config.maxInboundBytes,
  };
}

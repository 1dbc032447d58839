/**
 * Codes with which the proxy closes a client's connection, and what the client should do. No protocol error closes a
 * connection: those are answered with an error message.
 *
 * | code | reason                     | reconnect? |
 * | 1001 | going away; reconnect in … | yes, after that time: the engine restarts or stops |
 * | 1009 | message too big            | yes, but send smaller messages |
 * | 1011 | keepalive ping timeout     | yes |
 * | 4008 | slow consumer              | yes: read faster, subscribe to less, choose msgpack or max_rate |
 * | 4408 | idle                       | yes, when there is something to subscribe to |
 * | 4423 | too many connections of an address | yes, when another one is closed |
 * | 4422 | too many connections of a key | yes, when another one is closed |
 * | 4429 | too many requests, or wrong keys | yes, but later: wait for answers before asking on |
 * | 4409 | session continued elsewhere | no: another connection has its session |
 * | 4401 | auth timeout               | yes, and authenticate within the grace time |
 * | 4410 | disconnected by the operator | yes, unless whoever disconnected it says otherwise |
 * | 4403 | key revoked                | no: not with this key |
 */
export const CLOSE = {
  GOING_AWAY: { code: 1001, reason: 'going away', counter: 'goingAway' },
  TOO_BIG: { code: 1009, reason: 'message too big', counter: 'tooBig' },
  KEEPALIVE: { code: 1011, reason: 'keepalive ping timeout', counter: 'keepalive' },
  SLOW_CONSUMER: { code: 4008, reason: 'slow consumer', counter: 'slowConsumer' },
  IDLE: { code: 4408, reason: 'idle', counter: 'idle' },
  TOO_MANY_OF_KEY: { code: 4422, reason: 'too many connections of this key', counter: 'tooManyOfKey' },
  TOO_MANY_OF_ADDRESS: {
    code: 4423,
    reason: 'too many connections of this address',
    counter: 'tooManyOfAddress',
  },
  TOO_MANY_REQUESTS: { code: 4429, reason: 'too many requests waiting', counter: 'tooManyWaiting' },
  SESSION_TAKEN: {
    code: 4409,
    reason: 'session continued by another connection; do not reconnect',
    counter: 'sessionTaken',
  },
  FLOOD: { code: 4429, reason: 'too many requests', counter: 'flood' },
  TOO_MANY_ATTEMPTS: { code: 4429, reason: 'too many wrong keys', counter: 'tooManyAttempts' },
  AUTH_TIMEOUT: { code: 4401, reason: 'auth timeout', counter: 'authTimeout' },
  BY_OPERATOR: { code: 4410, reason: 'disconnected by the operator', counter: 'byOperator' },
  KEY_REVOKED: { code: 4403, reason: 'key revoked; do not reconnect with it', counter: 'keyRevoked' },
} as const;

/** Under which ends of connections are counted: several have the same code. */
export type CloseCounter = (typeof CLOSE)[keyof typeof CLOSE]['counter'];

export interface Close {
  readonly code: number;
  readonly reason: string;
  readonly counter: CloseCounter;
}

/** One count for each way to close a connection. */
export function closeCounts(): Record<CloseCounter, number> {
  const counts: Partial<Record<CloseCounter, number>> = {};
  for (const { counter } of Object.values(CLOSE)) counts[counter] = 0;
  return counts as Record<CloseCounter, number>;
}

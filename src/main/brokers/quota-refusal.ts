/** What a client reads whose request does not fit into the broker's quota: which limit, its value, what to do. */
import type { Refusal } from '../subscriptions/subscription-registry.ts';
import type { FeedQuota } from './broker-registry.ts';
import type { PlanRoom } from './pool-plan.ts';

/** Whose limits they are: the broker's, or the option that sets a lower one. */
export interface QuotaNames {
  readonly maxConnections: string;
  readonly maxPairs: string;
  readonly maxDeepPairs: string;
}

const CODE = 'MAX_CAPACITY_REACHED';

/** No connection has room for another pair. */
export function refusalOfPairs(
  { maxConnections, maxPairs }: FeedQuota,
  names: QuotaNames,
  rooms: readonly PlanRoom[],
): Refusal {
  const held = rooms.reduce((sum, { pairs }) => sum + pairs, 0);
  const less = rooms.filter((room) => room.maxPairs < maxPairs);
  const limits =
    less.length === 0
      ? `the limit is ${maxConnections} (${names.maxConnections}) connections of ${maxPairs} (${names.maxPairs}) pairs of token and mode`
      : `the broker refuses more than ${rooms.map((room) => room.maxPairs).join(' + ')} pairs of token and mode on its ` +
        'connections: another program may use the same account';
  const message = `Maximum capacity reached: ${held} pairs are subscribed, ${limits}. Unsubscribe some first`;
  return { code: CODE, message };
}

/** No connection has room for another deep overlay. @param hasPairs whether pairs are left, so that the overlays are what is full */
export function refusalOfDeep(
  { maxConnections, maxPairs, maxDeepPairs }: FeedQuota,
  names: QuotaNames,
  hasPairs: boolean,
): Refusal {
  const limit = hasPairs
    ? `${maxDeepPairs} (${names.maxDeepPairs}) instruments with more than 5 depth levels`
    : `${maxPairs} (${names.maxPairs}) pairs of token and mode`;
  const message =
    `Maximum capacity reached: each of ${maxConnections} (${names.maxConnections}) connections carries ${limit} at most. ` +
    'Subscribe 5 levels, or unsubscribe others first';
  return { code: CODE, message };
}

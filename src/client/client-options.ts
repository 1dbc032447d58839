/** What a program may choose for its connection, and what it gets when it does not. */
import type { ReconnectTimes } from './backoff.ts';
import type { ConnectionTimes } from './connection.ts';
import type { FramingName } from './framing.ts';
import { oneOf, SLOW_POLICIES, type SlowPolicy } from './terms.ts';
import { TickwireError } from './tickwire-error.ts';

/** PROTOCOL.md, "Options of a connection". */
export type Feature = 'sequence' | 'stamps' | 'snapshot' | 'status' | 'receipts' | 'session';

export interface ConnectOptions {
  /** `ws://` or `wss://`. */
  readonly url: string;
  /** The OpenAlgo API key. */
  readonly key: string;
  /** Default `json`. `msgpack` needs the package msgpackr. */
  readonly framing?: FramingName;
  /** Default: all but `stamps`. Without `status` and `snapshot` less is known of how old a value is, without `session` and `sequence` of what was missed. */
  readonly features?: readonly Feature[];
  /** What happens when this client does not keep up. Default: what the operator chose. */
  readonly slow?: SlowPolicy;
  /** false: a connection that ends is the end. */
  readonly reconnect?: ReconnectTimes | false;
  readonly times?: ConnectionTimes;
}

const FEATURES: readonly Feature[] = ['sequence', 'stamps', 'snapshot', 'status', 'receipts', 'session'];
export const DEFAULT_FEATURES: readonly Feature[] = ['sequence', 'snapshot', 'status', 'receipts', 'session'];

/** @throws TickwireError INVALID_OPTION */
export function checkOptions({ url, key, framing = 'json', features, slow }: ConnectOptions): void {
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  if (scheme !== 'ws:' && scheme !== 'wss:') {
    throw new TickwireError('INVALID_OPTION', `url is "${url}"; give an address with ws:// or wss://`);
  }
  if (typeof key !== 'string' || key === '') {
    throw new TickwireError('INVALID_OPTION', 'key is missing; give the OpenAlgo API key');
  }
  oneOf('framing', framing, ['json', 'msgpack'] as const);
  if (slow !== undefined) oneOf('slow', slow, SLOW_POLICIES);
  for (const feature of features ?? []) oneOf('features', feature, FEATURES);
}

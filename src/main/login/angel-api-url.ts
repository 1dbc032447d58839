import { isLoopback } from '../config/loopback.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';

/**
 * The address of Angel One's API as configured.
 *
 * @throws TickwireError CONFIG_INVALID for one without TLS on another host: PIN and tokens would go over the network as
 *   they are
 */
export function angelApiUrl({ angelApiUrl: url }: Pick<Config, 'angelApiUrl'>): string {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isLoopback(hostname)) return url;
  throw new TickwireError(
    'CONFIG_INVALID',
    `TICKWIRE_ANGEL_API_URL is ${url}, over which PIN and tokens would travel unprotected; it must begin with https://.`,
  );
}

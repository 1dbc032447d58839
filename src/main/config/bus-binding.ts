import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { isLoopback } from './loopback.ts';

/**
 * Refuses a bus without CURVE on an address that other hosts may reach, unless that is allowed by name: whoever reaches it
 * reads every tick and may try API keys on it.
 *
 * @throws TickwireError CONFIG_INVALID, which names the address and every way out
 */
export function refusePlainPublicBus({
  busEndpoint,
  busAllowPlain,
  curveSecretKey,
}: Pick<Config, 'busEndpoint' | 'busAllowPlain' | 'curveSecretKey'>): void {
  if (curveSecretKey !== null || busAllowPlain || !isPublic(busEndpoint)) return;
  throw new TickwireError(
    'CONFIG_INVALID',
    `TICKWIRE_BUS_ENDPOINT is ${busEndpoint}, which other hosts may reach, and the bus has no keys. Either make keys with ` +
      'tickwire keys curve and set TICKWIRE_CURVE_SECRET_KEY and TICKWIRE_CURVE_ALLOWED, or bind it to this host alone ' +
      '(tcp://127.0.0.1:5556), or, where nobody else can reach that address, set TICKWIRE_BUS_ALLOW_PLAIN=true.',
  );
}

/** Whether somebody on another host may connect: to anything of TCP but the loopback addresses. Names are not resolved. */
export function isPublic(endpoint: string): boolean {
  const host = /^tcp:\/\/(.+):\d+$/.exec(endpoint)?.[1];
  return host !== undefined && !isLoopback(host);
}

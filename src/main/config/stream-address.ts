import { BROKER_ROWS, streamKey } from '../brokers/broker-registry.ts';
import type { Config } from '../config-options.ts';
import { CONFIG_OPTIONS } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { isLoopback } from './loopback.ts';

/**
 * Refuses to send a broker's tokens to another host without TLS.
 *
 * @throws TickwireError CONFIG_INVALID, which names the option
 */
export function refusePlainStreams(config: Config): void {
  for (const { name } of BROKER_ROWS) {
    const key = streamKey(name);
    const { protocol, hostname, host } = new URL(config[key]);
    if (protocol === 'wss:' || isLoopback(hostname)) continue;
    throw new TickwireError(
      'CONFIG_INVALID',
      `${CONFIG_OPTIONS[key].env} is an address of ${host} without TLS, over which the broker's tokens would travel ` +
        'unprotected; it must begin with wss://, or be on this host.',
    );
  }
}

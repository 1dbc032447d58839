/** How the clients' listener is protected, decided as a whole before anything starts. */
import type { TlsFiles } from '../../workers/reload-messages.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { isLoopback } from './loopback.ts';
import { chooseTlsFiles } from './tls-files.ts';

type ListenerConfig = Pick<Config, 'websocketHost' | 'websocketAllowPlain' | 'tlsCert' | 'tlsKey'>;

/**
 * Certificate and key of the listener; null for one without TLS, which is for this host alone unless that was allowed by
 * name: whoever is on the way would read API keys.
 *
 * @param cwd where a relative path starts
 * @throws TickwireError CONFIG_INVALID, which names the address and every way out
 */
export function chooseListenerTls(config: ListenerConfig, cwd: string): TlsFiles | null {
  const { websocketHost, websocketAllowPlain } = config;
  const tls = chooseTlsFiles(config, cwd);
  if (tls !== null || websocketAllowPlain || isLoopback(websocketHost)) return tls;
  throw new TickwireError(
    'CONFIG_INVALID',
    `WEBSOCKET_HOST is ${websocketHost}, which other hosts may reach, and there is no certificate: API keys would travel ` +
      'unencrypted. Either set TICKWIRE_TLS_CERT and TICKWIRE_TLS_KEY (tickwire certificate makes a pair for development), ' +
      'or listen on this host alone (WEBSOCKET_HOST=127.0.0.1), say behind a reverse proxy, or, where nobody else can reach ' +
      'that address, set TICKWIRE_WEBSOCKET_ALLOW_PLAIN=true.',
  );
}

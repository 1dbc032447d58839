/** How the operator's listener is protected, and what of its options contradicts itself; looked at before anything starts. */
import type { TlsFiles } from '../../workers/reload-messages.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { isLoopback } from './loopback.ts';
import { chooseTlsFiles } from './tls-files.ts';

type OperatorConfig = Pick<Config, 'opsHost' | 'websocketAllowPlain' | 'tlsCert' | 'tlsKey'>;

/**
 * Certificate and key of the listener. On an address of this host there are none: whoever looks needs no trust in a certificate
 * then. Elsewhere it has those of the clients' listener, unless plain text was allowed by name.
 *
 * @param cwd where a relative path starts
 * @throws TickwireError CONFIG_INVALID, which names the address and every way out
 */
export function chooseOperatorTls(config: OperatorConfig, cwd: string): TlsFiles | null {
  const { opsHost } = config;
  if (isLoopback(opsHost)) return null;
  const tls = chooseTlsFiles(config, cwd);
  if (tls !== null || config.websocketAllowPlain) return tls;
  throw new TickwireError(
    'CONFIG_INVALID',
    `TICKWIRE_OPS_HOST is ${opsHost}, which other hosts may reach, and there is no certificate: the keys of the dashboard ` +
      'would travel unencrypted. Either set TICKWIRE_TLS_CERT and TICKWIRE_TLS_KEY, or listen on this host alone ' +
      '(TICKWIRE_OPS_HOST=127.0.0.1), or, where nobody else can reach that address, set TICKWIRE_WEBSOCKET_ALLOW_PLAIN=true.',
  );
}

/**
 * @param cwd where a relative path starts
 * @throws TickwireError CONFIG_INVALID
 */
export function checkOperatorConfig(
  config: OperatorConfig & Pick<Config, 'opsPort' | 'adminKey' | 'viewerKey'>,
  cwd: string,
): void {
  if (config.opsPort === null) return;
  chooseOperatorTls(config, cwd);
  if (config.viewerKey === null || config.viewerKey !== config.adminKey) return;
  throw new TickwireError(
    'CONFIG_INVALID',
    'TICKWIRE_VIEWER_KEY is the same as TICKWIRE_ADMIN_KEY: whoever may only look could do everything. Give them two keys.',
  );
}

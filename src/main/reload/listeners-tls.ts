/** The certificates of all listeners of a host, looked at once: the files may be others in the next moment. */
import type { TlsFiles } from '../../workers/reload-messages.ts';
import { chooseListenerTls } from '../config/client-listener.ts';
import { chooseOperatorTls } from '../config/operator-listener-config.ts';
import type { Config } from '../config-options.ts';

/** Null for a listener without TLS, and where there is none. */
export interface ListenersTls {
  readonly clients: TlsFiles | null;
  readonly operator: TlsFiles | null;
}

/**
 * @param cwd where relative paths start
 * @param servesClients false for a feed host
 * @throws TickwireError CONFIG_INVALID
 */
export function chooseListenersTls(config: Config, cwd: string, servesClients: boolean): ListenersTls {
  return {
    clients: servesClients ? chooseListenerTls(config, cwd) : null,
    operator: config.opsPort === null ? null : chooseOperatorTls(config, cwd),
  };
}

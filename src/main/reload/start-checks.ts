/**
 * What a start finds wrong with a configuration before it begins with anything, though each option by itself is right. Done
 * again before a reload, and for options too that need a restart: who reads that they changed shall not learn at the next
 * start that they cannot be.
 */
import { chooseListenerTls } from '../config/client-listener.ts';
import { chooseCurveClient, chooseCurveServer } from '../config/curve-setup.ts';
import { chooseMarketCalendar } from '../config/market-calendar-file.ts';
import { checkOperatorConfig } from '../config/operator-listener-config.ts';
import { refuseUnreachableBus, refuseUnreachableFeeds } from '../config/role-endpoints.ts';
import { refusePlainStreams } from '../config/stream-address.ts';
import type { Config } from '../config-options.ts';

/**
 * @param cwd where relative paths start
 * @param servesClients false for a feed host
 * @throws TickwireError CONFIG_INVALID
 */
export function checkEngineConfig(config: Config, cwd: string, servesClients: boolean): void {
  chooseCurveServer(config, cwd);
  chooseMarketCalendar(config, cwd);
  refusePlainStreams(config);
  checkOperatorConfig(config, cwd);
  if (servesClients) chooseListenerTls(config, cwd);
  else refuseUnreachableBus(config);
}

/** @throws TickwireError CONFIG_INVALID */
export function checkProxyConfig(config: Config, cwd: string): void {
  refuseUnreachableFeeds(config);
  chooseCurveClient(config);
  checkOperatorConfig(config, cwd);
  chooseListenerTls(config, cwd);
}

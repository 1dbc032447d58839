/** Addresses that are right in form and of no use to a role. */
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';

/** @throws TickwireError CONFIG_INVALID for a feed host whose bus nobody can reach */
export function refuseUnreachableBus({ busEndpoint }: Pick<Config, 'busEndpoint'>): void {
  if (isOfOneProcess(busEndpoint)) {
    throw invalid(`TICKWIRE_BUS_ENDPOINT is ${busEndpoint}, which no other process reaches`);
  }
}

/** @throws TickwireError CONFIG_INVALID for a feed host that a process of its own cannot reach */
export function refuseUnreachableFeeds({ feeds }: Pick<Config, 'feeds'>): void {
  const unreachable = feeds.flat().find(isOfOneProcess);
  if (unreachable !== undefined) {
    throw invalid(`TICKWIRE_FEEDS has ${unreachable}, which no other process reaches`);
  }
}

function isOfOneProcess(endpoint: string): boolean {
  return endpoint.startsWith('inproc:');
}

function invalid(what: string): TickwireError {
  const advice =
    'use tcp:// or ipc://, or tickwire start --source bus, which is feed and proxy in one process';
  return new TickwireError('CONFIG_INVALID', `${what}: ${advice}.`);
}

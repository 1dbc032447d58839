import { controlEndpointOf } from '../../workers/bus/bus-address.ts';
import { connectableEndpoint } from '../config/bus-endpoint.ts';

const EVERY_INTERFACE = '0.0.0.0';

export interface BusAddress {
  readonly host: string;
  readonly port: number;
}

/** What a bus of TCP binds, ticks first and then control requests; nothing for `ipc` and `inproc`. */
export function busAddresses(endpoint: string): readonly BusAddress[] {
  if (!endpoint.startsWith('tcp:')) return [];
  return [endpoint, controlEndpointOf(endpoint)].flatMap((each) => {
    const isEvery = /^tcp:\/\/(\*|0\.0\.0\.0|\[::\]):/.test(each);
    // An interface is named by its name too.
    const [, host = '', port] = /^tcp:\/\/(.+):(\d+)$/.exec(connectableEndpoint(each)) ?? [];
    return [{ host: isEvery ? EVERY_INTERFACE : host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }];
  });
}

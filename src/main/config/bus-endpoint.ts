/** Addresses of feed hosts as they are configured. One names a host: where its control requests go is derived from it. */
import { networkInterfaces } from 'node:os';
import { controlEndpointOf } from '../../workers/bus/bus-address.ts';

/** A path of a Unix socket has at most 107 bytes, and the control socket's name is this much longer than the bus's. */
const MAX_IPC_PATH_BYTES = 107 - '.control'.length;
/** Control requests go to the next port. */
const MAX_TCP_PORT = 65_535 - 1;

/** What an address must be, as the end of the sentence "it must be …". */
export const BUS_ENDPOINT_FORMS =
  `tcp://host:port with a port from 1 to ${MAX_TCP_PORT} (control requests take the next one), ` +
  `ipc:///path of at most ${MAX_IPC_PATH_BYTES} bytes, or inproc://name`;

/** Trimmed, or undefined for a text of another form. A host `*` stands for every interface of this one. */
export function parseBusEndpoint(text: string): string | undefined {
  const endpoint = text.trim();
  const [, scheme, rest = ''] = /^(tcp|ipc|inproc):\/\/(\S+)$/.exec(endpoint) ?? [];
  if (scheme === 'inproc') return endpoint;
  if (scheme === 'ipc') {
    return rest.startsWith('/') && Buffer.byteLength(rest) <= MAX_IPC_PATH_BYTES ? endpoint : undefined;
  }
  const port = Number(/^(?:\[[\da-f:.%]+\]|[^\s:[\]/@]+):(\d{1,5})$/i.exec(rest)?.[1] ?? 0);
  return scheme === 'tcp' && port >= 1 && port <= MAX_TCP_PORT ? endpoint : undefined;
}

/**
 * Feeds, separated by commas, each with the addresses of its hosts, separated by `|`: the first is followed, the others
 * stand by. Undefined for a text that names no host, one twice, two whose sockets would overlap, or something that nobody
 * can connect to.
 */
export function parseFeeds(text: string): readonly (readonly string[])[] | undefined {
  const feeds = text.split(',').map((hosts) => hosts.split('|').map(parseBusEndpoint));
  // A host's control socket has no room beside the bus of another host that takes the next port.
  const taken = new Set<string>();
  for (const endpoint of feeds.flat()) {
    if (endpoint === undefined || endpoint.includes('*')) return undefined;
    const addresses = [endpoint, controlEndpointOf(endpoint)];
    if (addresses.some((address) => taken.has(address))) return undefined;
    for (const address of addresses) taken.add(address);
  }
  // Each one was seen to be there.
  return Object.freeze(feeds.map((hosts) => Object.freeze(hosts.filter((host) => host !== undefined))));
}

/**
 * Where a process of this machine connects to a bus that is bound to `endpoint`, which may name every interface, or one by
 * its name (`tcp://eth0:5556`).
 */
export function connectableEndpoint(endpoint: string): string {
  const [, host, port] = /^tcp:\/\/(.+):(\d+)$/.exec(endpoint) ?? [];
  if (host === undefined) return endpoint;
  if (['*', '0.0.0.0', '[::]'].includes(host)) return `tcp://127.0.0.1:${port}`;
  const addresses = networkInterfaces()[host] ?? [];
  const address = addresses.find(({ family }) => family === 'IPv4')?.address;
  return `tcp://${address ?? host}:${port}`;
}

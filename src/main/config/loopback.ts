import { isIP } from 'node:net';

/**
 * Whether nobody on another host reaches a listener on this address. Names are not resolved: of them only `localhost` counts.
 *
 * @param host an address or a name; an IPv6 address with or without brackets
 */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

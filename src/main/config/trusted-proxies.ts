/** Which reverse proxies are believed, as somebody writes them into the configuration. */
import { isIP } from 'node:net';

/** A reverse proxy on this machine, as OpenAlgo's set-up has it. */
export const DEFAULT_TRUSTED: readonly string[] = ['127.0.0.0/8', '::1'];

const MAX_PREFIX = { 4: 32, 6: 128 } as const;

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if ((family !== 4 && family !== 6) || address.includes('%') || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= MAX_PREFIX[family]);
}

/** @returns addresses and networks, none for the word `none`; undefined for what is no list of them */
export function parseTrusted(text: string): readonly string[] | undefined {
  if (text.trim().toLowerCase() === 'none') return Object.freeze([]);
  const networks = text.split(',').map((word) => word.trim());
  return networks.every(isNetwork) ? Object.freeze(networks) : undefined;
}

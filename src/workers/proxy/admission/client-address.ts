/**
 * By which address a client is counted: that of its socket, or, behind reverse proxies that are trusted, the last one in
 * `X-Forwarded-For` that none of them is. What stands before it anybody may have written. Proxy worker thread, once for
 * each connection.
 */
import { BlockList, isIP, SocketAddress } from 'node:net';

const V6_GROUPS = 8;
/** What one customer gets, all of which is the same to us. */
const COUNTED_GROUPS = 4;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The eight groups of a valid IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left;
  const right = tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(V6_GROUPS - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right];
}

/** One spelling for each address: IPv4 also where it comes inside IPv6. Null for what is no address. */
function canonical(text: string): string | null {
  const bare = text.split('%')[0]!;
  const family = isIP(bare);
  if (family === 4) return bare;
  if (family === 0) return null;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return MAPPED.exec(address)?.[1] ?? address;
}

/** The address of an entry of `X-Forwarded-For`, which some proxies write with a port. Null for what is none. */
function forwardedAddress(entry: string): string | null {
  const text = entry.trim();
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const withPort = /^([\d.]+):\d+$/.exec(text)?.[1];
  return canonical(bracketed ?? withPort ?? text);
}

/** The text of a socket's address. @param bytes 4 or 16 of them, as the socket library gives them */
export function addressText(bytes: ArrayBuffer): string {
  const view = new DataView(bytes);
  if (bytes.byteLength === 4) {
    const [a, b, c, d] = new Uint8Array(bytes);
    return `${a}.${b}.${c}.${d}`;
  }
  if (bytes.byteLength !== 16) return '';
  const groups = Array.from({ length: V6_GROUPS }, (_, i) => view.getUint16(2 * i).toString(16));
  return canonical(groups.join(':')) ?? '';
}

/** The other end of a socket. */
export interface Peer {
  /** '' for one that has no address. */
  readonly address: string;
  readonly isTrusted: boolean;
  /** What limits per address count it under, whatever it writes; null when it is a trusted proxy or has no address. */
  readonly counted: string | null;
}

/** Who comes again and again is looked up, which takes a twentieth of the time; beyond so many all are forgotten. */
const KNOWN_PEERS = 1000;

export class ClientAddresses {
  readonly #trusted = new BlockList();
  readonly #trustsAny: boolean;
  /** By their bytes, one character each. */
  readonly #peers = new Map<string, Peer>();

  /** @param trusted addresses and networks of reverse proxies, as the configuration has checked them */
  constructor(trusted: readonly string[]) {
    this.#trustsAny = trusted.length > 0;
    for (const network of trusted) {
      const [address = '', prefix] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(prefix), family);
    }
  }

  isTrusted(address: string): boolean {
    return this.#trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }

  /** @param bytes 4 or 16 of them, as the socket library gives them */
  peer(bytes: ArrayBuffer): Peer {
    const key = Buffer.from(bytes).toString('latin1');
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      const address = addressText(bytes);
      const isTrusted = this.#trustsAny && address !== '' && this.isTrusted(address);
      peer = { address, isTrusted, counted: isTrusted || address === '' ? null : networkOf(address) };
      if (this.#peers.size >= KNOWN_PEERS) this.#peers.clear();
      this.#peers.set(key, peer);
    }
    return peer;
  }

  /**
   * What limits per address count a client under: an IPv4 address, or the /64 network of an IPv6 address. Null when all
   * that is known is a trusted proxy: it speaks for many.
   *
   * @param peer of the socket, '' for one that has none
   * @param forwardedFor all `X-Forwarded-For` lines in their order, joined by commas; '' for none
   */
  counted(peer: string, forwardedFor: string): string | null {
    if (peer === '') return null;
    if (!this.isTrusted(peer)) return networkOf(peer);
    const entries = forwardedFor === '' ? [] : forwardedFor.split(',');
    for (const entry of entries.reverse()) {
      const address = forwardedAddress(entry);
      // What a trusted proxy could not tell, nobody before it can.
      if (address === null) return null;
      if (!this.isTrusted(address)) return networkOf(address);
    }
    return null;
  }
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  return `${groupsOf(address).slice(0, COUNTED_GROUPS).join(':')}::/64`;
}

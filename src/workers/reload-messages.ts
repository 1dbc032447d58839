/** What of a proxy worker's options may change while it runs: it is started with them, and told of others by a reload. */
import type { SlowPolicy } from '../codec/slow-policy.ts';
import type { ClientLimits } from './admission-messages.ts';

/** Absolute paths of two PEM files: the certificate, own one first, and its private key. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** For people; another one when what the files say is another. */
  readonly version: string;
}

/** A figure for each mode; that of depth is for any number of levels. 0: none. */
export interface ModeLimits {
  readonly ltp: number;
  readonly quote: number;
  readonly depth: number;
}

export interface SlowLimits {
  /** Of a client that chooses none. */
  readonly policy: SlowPolicy;
  /** Bytes that wait for a client, and age of the oldest of them, at which it falls behind in a mode. */
  readonly conflateBytes: ModeLimits;
  readonly conflateAgeMs: ModeLimits;
  /** A client that is conflated and takes nothing for so long is disconnected. */
  readonly timeoutMs: number;
}

export interface ProxyReload {
  readonly limits: ClientLimits;
  readonly authGraceMs: number;
  readonly slow: SlowLimits;
  /** Null for a listener without TLS. */
  readonly tls: TlsFiles | null;
}

/** What is in force from now on; answered with `reloaded`. */
export interface ToReload {
  readonly type: 'reload';
  readonly options: ProxyReload;
}

/** The worker goes by what the last `reload` said; `trouble`: but for the certificate, and why. */
export interface FromReload {
  readonly type: 'reloaded';
  readonly trouble: string;
}

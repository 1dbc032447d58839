/** What the configuration says of CURVE, checked as a whole: a half of it would be a bus that nobody reads, or everybody. */
import { resolve } from 'node:path';
import { curveKeyToHex, parseCurveKey } from '../../workers/bus/curve-key.ts';
import type { CurveClient, CurveServer } from '../../workers/reader-tasks.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { refusePlainPublicBus } from './bus-binding.ts';
import { readAllowedKeys } from './curve-allowed-file.ts';
import { publicCurveKey } from './curve-pair.ts';

type Pair = Pick<CurveServer, 'publicKey' | 'secretKey'>;

/**
 * How the bus of this host proves itself and whom it lets in; null for a bus without CURVE, which is for this host alone
 * unless that was allowed by name.
 *
 * @param cwd where the path of the list starts if that is relative
 * @throws TickwireError CONFIG_INVALID
 */
export function chooseCurveServer(config: Config, cwd: string): CurveServer | null {
  refusePlainPublicBus(config);
  const { curveAllowed, busEndpoint } = config;
  const pair = ownPair(config);
  if (pair === null) {
    if (curveAllowed === null) return null;
    const advice = 'Make a pair with tickwire keys curve.';
    throw invalid(
      `TICKWIRE_CURVE_ALLOWED is set, but TICKWIRE_CURVE_SECRET_KEY is not: the bus has no key. ${advice}`,
    );
  }
  if (curveAllowed === null) {
    throw invalid(
      'TICKWIRE_CURVE_SECRET_KEY is set, but TICKWIRE_CURVE_ALLOWED is not: nobody could read the bus. Name a file with ' +
        'the public keys of the proxies, one a line; or remove the key for a bus without CURVE.',
    );
  }
  if (busEndpoint.startsWith('inproc:')) {
    throw invalid(
      `TICKWIRE_BUS_ENDPOINT is ${busEndpoint}, which never leaves this process, and ZeroMQ encrypts nothing there: ` +
        'remove TICKWIRE_CURVE_SECRET_KEY and TICKWIRE_CURVE_ALLOWED, or use tcp:// or ipc://.',
    );
  }
  const path = allowedPath(curveAllowed, cwd);
  const allowed = readAllowedKeys(path);
  if (allowed.length === 0) {
    throw invalid(`TICKWIRE_CURVE_ALLOWED: ${path} lists no key, so that nobody could read the bus.`);
  }
  return { ...pair, allowed: withOwnKey(pair.publicKey, allowed) };
}

/** The file of `TICKWIRE_CURVE_ALLOWED`. */
export function allowedPath(curveAllowed: string, cwd: string): string {
  return resolve(cwd, curveAllowed);
}

/** Who has the host's own secret key is let in: its own proxies are. */
export function withOwnKey(publicKey: string, allowed: readonly string[]): readonly string[] {
  return [...new Set([publicKey, ...allowed])];
}

/**
 * How a proxy proves itself to its feed hosts, and how they prove themselves; null without CURVE.
 *
 * @throws TickwireError CONFIG_INVALID
 */
export function chooseCurveClient(config: Config): CurveClient | null {
  const { curveServerKeys, feeds } = config;
  const pair = ownPair(config);
  if (pair === null) {
    if (curveServerKeys === null) return null;
    const advice =
      'Make a pair with tickwire keys curve, and put its public key on the list of each feed host.';
    throw invalid(
      `TICKWIRE_CURVE_SERVER_KEYS is set, but TICKWIRE_CURVE_SECRET_KEY is not: this proxy has no key. ${advice}`,
    );
  }
  if (curveServerKeys === null) {
    throw invalid(
      'TICKWIRE_CURVE_SECRET_KEY is set, but TICKWIRE_CURVE_SERVER_KEYS is not: give the public key of each feed host, or ' +
        'remove the secret key for feed hosts without CURVE.',
    );
  }
  const hosts = feeds.flat().length;
  if (curveServerKeys.length !== 1 && curveServerKeys.length !== hosts) {
    throw invalid(
      `TICKWIRE_CURVE_SERVER_KEYS has ${curveServerKeys.length} keys and TICKWIRE_FEEDS ${hosts} hosts; it must be one ` +
        'key for all, or one for each in their order.',
    );
  }
  return { ...pair, serverKeys: curveServerKeys };
}

/** How the proxies of a feed host's own process come to its bus. */
export function ownCurveClient(server: CurveServer | null): CurveClient | null {
  if (server === null) return null;
  const { publicKey, secretKey } = server;
  return { publicKey, secretKey, serverKeys: [publicKey] };
}

/** @throws TickwireError CONFIG_INVALID for a public key of another secret key, or one without any */
function ownPair({ curveSecretKey, curvePublicKey }: Config): Pair | null {
  if (curveSecretKey === null) {
    if (curvePublicKey === null) return null;
    throw invalid(
      'TICKWIRE_CURVE_PUBLIC_KEY is set, but TICKWIRE_CURVE_SECRET_KEY is not: set both, or neither.',
    );
  }
  const publicKey = publicCurveKey(curveKeyToHex(curveSecretKey));
  if (curvePublicKey !== null && curveKeyToHex(curvePublicKey) !== publicKey) {
    throw invalid(
      `TICKWIRE_CURVE_PUBLIC_KEY is not the public half of TICKWIRE_CURVE_SECRET_KEY, which is ${publicKey}.`,
    );
  }
  return { publicKey: parseCurveKey(publicKey)!, secretKey: curveSecretKey };
}

function invalid(message: string): TickwireError {
  return new TickwireError('CONFIG_INVALID', message);
}

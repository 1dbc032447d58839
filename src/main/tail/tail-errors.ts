/** What ends `tickwire tail`, with what to do about it. */
import type { TickwireError as ClientError } from '../../client/index.ts';
import { TickwireError } from '../errors.ts';
import { formatAge, printable } from './format-values.ts';

/** The server's words for a key that it does not take. */
const KEY_CODES = new Set(['AUTHENTICATION_ERROR', 'KEY_REVOKED', 'TOO_MANY_ATTEMPTS']);
const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'SYMBOL_NOT_FOUND',
    'Symbols are those of OpenAlgo, in capitals; tickwire instruments fetches a list that has none.',
  ],
  ['NOT_ENTITLED', 'tickwire keys role list shows what the role of the key allows.'],
  ['MAX_CAPACITY_REACHED', 'Somebody has to unsubscribe something first.'],
]);

/** @param error by which everything has ended */
export function refusalOf({ code, message, instrument }: ClientError, url: string): TickwireError {
  if (KEY_CODES.has(code)) {
    const advice =
      'Give the key of a user of that engine: by TICKWIRE_CLIENT_KEY in the environment or in .env, or by --key-file.';
    return new TickwireError(
      'CLIENT_KEY_REFUSED',
      `${url} refuses the API key (${printable(`${code}: ${message}`)}). ${advice}`,
    );
  }
  const what = instrument === null ? '' : ` ${instrument}`;
  const advice = ADVICE.get(code) ?? 'PROTOCOL.md has this code, with what to do.';
  return new TickwireError(
    'CLIENT_REFUSED',
    `${url} refuses${what} (${printable(`${code}: ${message}`)}). ${advice}`,
  );
}

/** There has not been a connection yet; one that is lost later is made again. */
export function unreachable(url: string, reason: string): TickwireError {
  const isSecure = url.startsWith('wss:');
  const trust = isSecure
    ? ' A certificate that nobody has signed is trusted when NODE_EXTRA_CA_CERTS names its file.'
    : '';
  return new TickwireError(
    'ENGINE_UNREACHABLE',
    `There is no connection to ${url}: ${printable(reason)}. Is an engine running there (tickwire start)? --url names another address.${trust}`,
  );
}

export function ticksMissing(ticks: number, wanted: number, ms: number): TickwireError {
  const came = ticks === 0 ? 'No tick came' : `Only ${ticks} of ${wanted} ticks came`;
  return new TickwireError(
    'TICKS_MISSING',
    `${came} within ${formatAge(ms)}. Is the market open? The lines above, and the engine's log, say what the feed is doing.`,
  );
}

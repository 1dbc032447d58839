/**
 * Topics route ticks on the ZeroMQ bus: `broker/exchange/symbol/MODE/`, for example `angel/NSE/RELIANCE/QUOTE/`.
 * ZeroMQ matches by prefix, so every topic ends with its separator: `angel/NSE/TCS/LTP/` is no prefix of another
 * instrument's topic. A subscriber may use shorter prefixes (`angel/NSE/`); only a whole topic is a wish to subscribe.
 */
import { type Instrument, MODE, type Mode } from './tick.ts';

const SEPARATOR = '/';
const MODE_OF_NAME: ReadonlyMap<string, Mode> = new Map([
  ['LTP', MODE.LTP],
  ['QUOTE', MODE.QUOTE],
  ['DEPTH', MODE.DEPTH],
  ['DEEP_DEPTH', MODE.DEEP_DEPTH],
]);
const NAME_OF_MODE = new Map([...MODE_OF_NAME].map(([name, mode]) => [mode, name]));

/** Keeps the separator out of a part: `%` and `/` are percent-encoded, everything else stands as it is. */
export function escapePart(part: string): string {
  return part.replaceAll('%', '%25').replaceAll(SEPARATOR, '%2F');
}

/** What `escapePart` was given. */
export function unescapePart(part: string): string {
  return part.replaceAll('%2F', SEPARATOR).replaceAll('%25', '%');
}

/** What a whole topic names. */
export interface Topic {
  readonly broker: string;
  readonly exchange: string;
  readonly symbol: string;
  readonly mode: Mode;
}

/** The topic of an instrument in a mode. Allocates: build it once per instrument. */
export function formatTopic(
  instrument: Pick<Instrument, 'broker' | 'exchange' | 'symbol'>,
  mode: Mode,
): string {
  const { broker, exchange, symbol } = instrument;
  const parts = [broker, exchange, symbol].map(escapePart);
  return [...parts, NAME_OF_MODE.get(mode), ''].join(SEPARATOR);
}

/** The parts of a whole topic, or null for a prefix or anything else. */
export function parseTopic(text: string): Topic | null {
  const parts = text.split(SEPARATOR);
  const [broker, exchange, symbol, modeName, end] = parts;
  const mode = MODE_OF_NAME.get(modeName ?? '');
  if (parts.length !== 5 || !broker || !exchange || !symbol || mode === undefined || end !== '') return null;
  return {
    broker: unescapePart(broker),
    exchange: unescapePart(exchange),
    symbol: unescapePart(symbol),
    mode,
  };
}

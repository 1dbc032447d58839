/** On what terms something is subscribed, checked before it is asked for. */

import type { TickMode } from './tick.ts';
import type { Overflow } from './tick-queue.ts';
import { DEPTH_LEVELS, WIRE_MODE } from './tick-reader.ts';
import { TickwireError } from './tickwire-error.ts';

/** What happens to a client that does not keep up: PROTOCOL.md, "Slow clients". */
export type SlowPolicy = 'conflate' | 'deliver' | 'disconnect';

export interface SubscribeOptions {
  /** Default: what the operator chose. */
  readonly slow?: SlowPolicy;
  /** Messages per second at most, 0.01 to 1000; default: each tick. */
  readonly maxRate?: number;
  /** Depth levels, 5 (default), 20, 30 or 50. The broker may have fewer: `DepthTick.levels`. */
  readonly levels?: number;
  /** Ticks that may wait for the loop that reads them. Default 1000. */
  readonly buffer?: number;
  /** What happens when they are more. Default `conflate`: the loop reads the latest, with a receipt. */
  readonly overflow?: Overflow;
}

/** What the server is asked for. */
export interface Terms {
  readonly exchange: string;
  readonly symbol: string;
  /** See WIRE_MODE. */
  readonly wireMode: number;
  readonly levels: number;
  readonly slow: SlowPolicy | undefined;
  readonly maxRate: number | undefined;
}

export const SLOW_POLICIES: readonly SlowPolicy[] = ['conflate', 'deliver', 'disconnect'];
const LEVELS: readonly number[] = [5, 20, 30, 50];
const MODES: Readonly<Record<TickMode, number>> = {
  ltp: WIRE_MODE.LTP,
  quote: WIRE_MODE.QUOTE,
  depth: WIRE_MODE.DEPTH,
};
const MIN_RATE = 0.01;
const MAX_RATE = 1000;

/** @throws TickwireError INVALID_OPTION */
export function oneOf<T extends string | number>(name: string, value: T, known: readonly T[]): T {
  if (known.includes(value)) return value;
  throw new TickwireError('INVALID_OPTION', `${name} is ${String(value)}; use ${known.join(' or ')}`);
}

/** @throws TickwireError INVALID_OPTION */
export function within(name: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new TickwireError(
    'INVALID_OPTION',
    `${name} is ${String(value)}; give a number from ${least} to ${most}`,
  );
}

/**
 * @param instrument `EXCHANGE:SYMBOL`
 * @throws TickwireError INVALID_INSTRUMENT or INVALID_OPTION
 */
export function checkTerms(instrument: string, mode: TickMode, options: SubscribeOptions): Terms {
  const colon = instrument.indexOf(':');
  const [exchange, symbol] = [instrument.slice(0, Math.max(0, colon)), instrument.slice(colon + 1)];
  if (exchange === '' || symbol === '') {
    const message = `"${instrument}" names no instrument; write EXCHANGE:SYMBOL, such as NSE:RELIANCE`;
    throw new TickwireError('INVALID_INSTRUMENT', message, instrument);
  }
  const known = MODES[oneOf('mode', mode, ['ltp', 'quote', 'depth'] as const)];
  const levels = oneOf('levels', options.levels ?? DEPTH_LEVELS, LEVELS);
  if (levels !== DEPTH_LEVELS && mode !== 'depth') {
    throw new TickwireError(
      'INVALID_OPTION',
      `levels is ${levels}, and the mode ${mode} has none; use depth`,
    );
  }
  return {
    exchange,
    symbol,
    wireMode: levels === DEPTH_LEVELS ? known : WIRE_MODE.DEEP_DEPTH,
    levels,
    slow: options.slow === undefined ? undefined : oneOf('slow', options.slow, SLOW_POLICIES),
    maxRate:
      options.maxRate === undefined ? undefined : within('maxRate', options.maxRate, MIN_RATE, MAX_RATE),
  };
}

export function isSameTerms(a: Terms, b: Terms): boolean {
  return a.levels === b.levels && a.slow === b.slow && a.maxRate === b.maxRate;
}

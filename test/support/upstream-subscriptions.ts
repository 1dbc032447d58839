import type { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import { until } from './until.ts';

/** What the exchange sends, over all its connections, as sorted `segment:token:mode`. */
export function upstreamSubscriptions(exchange: SimulatedExchange): readonly string[] {
  return exchange.connections
    .flatMap(({ subscriptions }) => subscriptions)
    .map(({ exchangeType, token, mode }) => `${exchangeType}:${token}:${mode}`)
    .sort();
}

/** Waits until the exchange sends exactly these. */
export async function untilUpstream(exchange: SimulatedExchange, expected: readonly string[]): Promise<void> {
  const wanted = [...expected].sort().join(' ');
  let found = '';
  try {
    await until('', () => {
      found = upstreamSubscriptions(exchange).join(' ');
      return found === wanted;
    });
  } catch (cause) {
    throw new Error(`the exchange was to send [${wanted}], but it sends [${found}]`, { cause });
  }
}

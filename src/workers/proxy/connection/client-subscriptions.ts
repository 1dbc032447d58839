/** What a client is subscribed to, for an operator who looks. Proxy worker thread. */
import { MODE } from '../../../codec/tick.ts';
import type { SubscriptionRow } from '../../client-messages.ts';
import type { Stream } from '../subscriptions/subscription-index.ts';
import type { ClientSession } from './client-session.ts';

/**
 * One after another, in the order in which the client subscribed to the instruments. There may be a pause behind each: one
 * that comes or goes in it is told or not.
 * @param limit so many at most
 */
export function* subscriptionsOf(session: ClientSession, limit: number): Generator<SubscriptionRow> {
  let left = limit;
  for (const held of session.holdings.values()) {
    // The broker's ticks of an instrument and those of foreign publishers are one subscription.
    const told = new Set<number>();
    for (const { streams } of held) {
      for (const [mode, stream] of streams) {
        if (left === 0) return;
        if (told.has(mode)) continue;
        told.add(mode);
        left--;
        yield describe(session, stream);
      }
    }
  }
}

function describe({ slow }: ClientSession, stream: Stream): SubscriptionRow {
  const { exchange, symbol } = stream.instrument;
  const { view: mode, servedLevel } = stream.form;
  const terms = slow?.terms.get(stream);
  return {
    exchange,
    symbol,
    mode,
    levels: mode >= MODE.DEPTH ? servedLevel : null,
    maxRate: terms?.maxRate || null,
    slow: terms?.slow ?? null,
    conflated: slow?.client.has(stream) ?? false,
  };
}

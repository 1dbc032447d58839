/**
 * Takes a user's clients along to the broker that the user has changed to, over a bus: there the topics of another broker
 * are other topics. (Over rings the main thread moves them.) Proxy worker thread, when a user changes the broker.
 */
import type { Instrument, Mode } from '../../codec/tick.ts';
import type { InstrumentMove, InstrumentWish } from '../worker-messages.ts';
import type { ClientSession } from './connection/client-session.ts';
import type { ControlPlane } from './control-plane.ts';
import type { ClientHoldings } from './subscriptions/client-holdings.ts';
import { sourceMode } from './subscriptions/subscription-item.ts';

/**
 * Asks for everything that a user's clients hold at other brokers, and moves them to what is granted. What the new broker
 * does not have stays where it was.
 */
export async function followBroker(
  control: ControlPlane,
  holdings: Pick<ClientHoldings, 'follow'>,
  { account, broker }: { readonly account: string; readonly broker: string },
  sessions: Iterable<ClientSession>,
): Promise<void> {
  const own = [...sessions].filter(({ identity }) => identity?.account === account);
  const asked = new Map<string, { readonly from: number; readonly wish: InstrumentWish }>();
  const ask = ({ slot: from, exchange, symbol, broker: present }: Instrument, mode: Mode) => {
    if (present !== broker) asked.set(`${from}/${mode}`, { from, wish: { exchange, symbol, mode } });
  };
  for (const { holdings: held, granted, joining } of own) {
    for (const { instrument, streams } of [...held.values()].flat()) {
      for (const { source } of streams.values()) ask(instrument, source);
    }
    for (const { instrument, item } of [...granted, ...joining]) ask(instrument, sourceMode(item));
  }
  if (asked.size === 0) return;
  const questions = [...asked.values()];
  const { outcomes } = await control.subscribe(
    account,
    questions.map(({ wish }) => wish),
  );
  const moves = new Map<number, InstrumentMove>();
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'error') continue;
    const { from } = questions[i]!;
    for (const to of outcome.instruments) moves.set(from, { from, to });
  }
  holdings.follow([...moves.values()], own);
}

/**
 * Tells clients that the broker does not serve what they were promised: it confirms no subscription, and complains about
 * one only after the client has its confirmation. Proxy worker thread, when the broker complains.
 */
import { designError, errorMessage } from '../../codec/server-message.ts';
import { type Instrument, MODE } from '../../codec/tick.ts';
import type { RequestRefused } from '../worker-messages.ts';
import { type ClientSession, findHolding, type Holding } from './connection/client-session.ts';
import type { SubscriptionIndex } from './subscriptions/subscription-index.ts';

export class RefusalNotices {
  readonly #index: Pick<SubscriptionIndex, 'get'>;
  /** Notices that were sent. */
  sent = 0;

  /** @param index what the clients of this thread are subscribed to */
  constructor(index: Pick<SubscriptionIndex, 'get'>) {
    this.#index = index;
  }

  /**
   * Tells each client that holds one of the instruments in a mode that the refusal is about, once for each. Costs one look
   * per client and instrument that anybody here holds: a broker that refuses a request in parts sends many refusals.
   */
  tell(refused: RequestRefused, sessions: Iterable<ClientSession>): void {
    const instruments = refused.slots.flatMap((slot) => this.#index.get(slot)?.instrument ?? []);
    if (instruments.length === 0) return;
    const isDeep = refused.mode === MODE.DEEP_DEPTH;
    const isMeant = ({ streams }: Holding) =>
      [...streams.values()].some(({ source }) => (source === MODE.DEEP_DEPTH) === isDeep);
    for (const session of sessions) {
      for (const instrument of instruments) {
        const holding = findHolding(session, instrument);
        if (holding !== undefined && isMeant(holding)) this.#send(session, instrument, refused);
      }
    }
  }

  #send(session: ClientSession, { exchange, symbol }: Instrument, { code, message }: RequestRefused): void {
    const words = [code, message].filter((text) => text !== '').join(': ');
    const text = `Symbol ${symbol} on exchange ${exchange} gets no ticks: the broker refused it (${words})`;
    const isDesign = session.options.dialect === 'design';
    session.send(
      isDesign
        ? designError('BROKER_REFUSED', text, { symbol, exchange })
        : {
            ...errorMessage('BROKER_REFUSED', text),
            ...(session.options.features === 0 ? {} : { symbol, exchange }),
          },
    );
    this.sent++;
  }
}

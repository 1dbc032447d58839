/**
 * Tells clients that the broker does not serve what they were promised: it confirms no subscription, and complains about
 * one only after the client has its confirmation. Proxy worker thread, when the broker complains.
 */
import { designError, errorMessage } from '../../codec/server-message.ts';
import { type Instrument, MODE } from '../../codec/tick.ts';
import type { RequestRefused } from '../worker-messages.ts';
import type { ClientSession, Holding } from './client-session.ts';

export class RefusalNotices {
  /** Notices that were sent. */
  sent = 0;

  /** Tells each client that holds one of the instruments in a mode that the refusal is about, once for each. */
  tell(refused: RequestRefused, sessions: Iterable<ClientSession>): void {
    const slots = new Set(refused.slots);
    const isDeep = refused.mode === MODE.DEEP_DEPTH;
    const isMeant = ({ instrument, streams }: Holding) =>
      slots.has(instrument.slot) &&
      [...streams.values()].some(({ source }) => (source === MODE.DEEP_DEPTH) === isDeep);
    for (const session of sessions) {
      for (const holding of [...session.holdings.values()].flat()) {
        if (isMeant(holding)) this.#send(session, holding.instrument, refused);
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
        : errorMessage('BROKER_REFUSED', text),
    );
    this.sent++;
  }
}

/**
 * Reads what an XPUB socket reports: a byte, 1 for a subscription and 0 for the last unsubscription, and the prefix. A short
 * prefix is answered with thousands of messages, so the next report is read when they are sent and others have had their
 * turn: who repeats it is not read meanwhile, and neither fills our memory nor holds up ticks, requests and timers.
 * Bus worker thread.
 */
import { setImmediate } from 'node:timers/promises';
import type { BusOutlet } from './bus-outlet.ts';

/** First byte of a report. A peer may send anything else too. */
const UNSUBSCRIBE = 0;
const SUBSCRIBE = 1;
/** Messages, 4 µs each, before the event loop has its turn. */
export const ANSWERS_PER_TURN = 512;

export interface SubscriptionReportsOptions {
  /** An XPUB socket. */
  readonly socket: AsyncIterable<readonly Buffer[]>;
  readonly outlet: Pick<BusOutlet, 'messages' | 'sent'>;
  /** Both flush the answer. */
  readonly onSubscribe: (prefix: string) => void;
  readonly onUnsubscribe: (prefix: string) => void;
}

/** Resolves when the socket is closed. */
export async function readSubscriptionReports(options: SubscriptionReportsOptions): Promise<void> {
  const { socket, outlet, onSubscribe, onUnsubscribe } = options;
  let sentBefore = outlet.messages;
  for await (const [report] of socket) {
    const prefix = report?.subarray(1).toString('utf8') ?? '';
    if (report?.[0] === SUBSCRIBE) onSubscribe(prefix);
    else if (report?.[0] === UNSUBSCRIBE) onUnsubscribe(prefix);
    await outlet.sent;
    if (outlet.messages - sentBefore < ANSWERS_PER_TURN) continue;
    await setImmediate();
    sentBefore = outlet.messages;
  }
}

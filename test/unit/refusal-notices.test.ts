/** Whom a refusal of the broker is told, and what that costs those whom it does not concern. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerMessage } from '../../src/codec/server-message.ts';
import { type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { addHolding, type ClientSession } from '../../src/workers/proxy/connection/client-session.ts';
import { RefusalNotices } from '../../src/workers/proxy/refusal-notices.ts';
import {
  type StreamForm,
  SubscriptionIndex,
} from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { instrumentsNumbered } from '../support/feed-handler-scene.ts';

interface Client {
  readonly session: ClientSession;
  readonly received: ServerMessage[];
}

function clientOf(index: SubscriptionIndex, instruments: readonly Instrument[], view: Mode): Client {
  const received: ServerMessage[] = [];
  const session: Partial<ClientSession> = {
    holdings: new Map(),
    options: { framing: 'json', dialect: 'openalgo', features: 0, slow: null, chosen: {} },
    send: (message: ServerMessage) => void received.push(message),
  };
  const form: StreamForm = {
    view,
    framing: 'json',
    features: 0,
    dialect: 'openalgo',
    depthLevel: 20,
    servedLevel: 20,
  };
  for (const instrument of instruments) {
    addHolding(session as ClientSession, instrument).streams.set(view, index.add(instrument, form));
  }
  return { session: session as ClientSession, received };
}

const refusalOf = (slot: number, mode: Mode) =>
  ({ type: 'requestRefused', slots: [slot], mode, code: 'E1001', message: 'no', isLimit: false }) as const;

test('only who holds a refused instrument in the mode that is refused is told', () => {
  const index = new SubscriptionIndex();
  const instruments = instrumentsNumbered(2);
  const quotes = clientOf(index, instruments, MODE.QUOTE);
  const books = clientOf(index, instruments, MODE.DEEP_DEPTH);
  const other = clientOf(index, instruments.slice(1), MODE.QUOTE);
  const notices = new RefusalNotices(index);
  const sessions = [quotes, books, other].map(({ session }) => session);
  notices.tell(refusalOf(0, MODE.QUOTE), sessions);
  assert.deepEqual(
    [quotes, books, other].map(({ received }) => received.length),
    [1, 0, 0],
  );
  notices.tell(refusalOf(0, MODE.DEEP_DEPTH), sessions);
  notices.tell(refusalOf(7, MODE.QUOTE), sessions);
  assert.deepEqual(
    [quotes, books, other].map(({ received }) => received.length),
    [1, 1, 0],
  );
  assert.match(JSON.stringify(quotes.received), /Symbol S0 on exchange NSE gets no ticks.*E1001: no/);
});

test('a hundred refusals hold up none of 200 clients with 1000 instruments each', () => {
  const index = new SubscriptionIndex();
  const instruments = instrumentsNumbered(1000);
  const clients = Array.from({ length: 200 }, () => clientOf(index, instruments, MODE.LTP));
  const notices = new RefusalNotices(index);
  const sessions = clients.map(({ session }) => session);
  const from = performance.now();
  for (let slot = 950; slot < 1050; slot++) notices.tell(refusalOf(slot, MODE.LTP), sessions);
  const tookMs = performance.now() - from;
  assert.equal(notices.sent, 50 * 200);
  // Looking through all that everybody holds takes several seconds.
  assert.ok(tookMs < 1000, `${tookMs} ms`);
});

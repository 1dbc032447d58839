import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerMessage } from '../../src/codec/server-message.ts';
import { type Instrument, MODE } from '../../src/codec/tick.ts';
import type { KeyStanding, Rights, RightsLimits } from '../../src/workers/entitlement-messages.ts';
import type { AdmittedKey } from '../../src/workers/proxy/admission/key-admission.ts';
import type { ClientSession } from '../../src/workers/proxy/connection/client-session.ts';
import { EntitlementDesk } from '../../src/workers/proxy/entitlements/entitlement-desk.ts';
import type { OrderRelay } from '../../src/workers/proxy/order-relay.ts';
import type { StreamForm } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { itemOf } from '../../src/workers/proxy/subscriptions/subscription-item.ts';
import { parseWish } from '../../src/workers/proxy/subscriptions/subscription-wish.ts';
import { rightsOf } from '../support/entitlement-file.ts';
import { instrumentsNumbered } from '../support/feed-handler-scene.ts';
import { QUOTE_FORM } from '../support/quote-form.ts';
import { until } from '../support/until.ts';

const LTP_ONLY = rightsOf('viewer', { modes: [MODE.LTP] });
const REVOKED: KeyStanding = { keyId: 'own:1', status: 'revoked' };
const LIMITED: KeyStanding = { keyId: 'own:1', status: 'good', rights: LTP_ONLY };

/** Nobody has subscribed to order updates. */
const NO_ORDERS: Pick<OrderRelay, 'has' | 'release'> = { has: () => false, release: () => {} };

interface Scene {
  readonly desk: EntitlementDesk;
  readonly sessions: Set<ClientSession>;
  readonly sent: ServerMessage[];
  readonly closed: number[];
  /** Clients whose subscriptions were looked through, by their place. */
  readonly reviewed: ClientSession[];
  /** Limits that clients were given. */
  readonly limits: (RightsLimits | null)[];
}

/** Clients of key `own:1`, each with these instruments in mode Quote; looking through one takes its time. */
function setUp({ clients = 1, instruments = 1, reviewMs = 0, orders = NO_ORDERS }): Scene {
  const held = instrumentsNumbered(instruments);
  const sent: ServerMessage[] = [];
  const closed: number[] = [];
  const reviewed: ClientSession[] = [];
  const sessions = new Set<ClientSession>();
  for (let i = 0; i < clients; i++) {
    const session: Partial<ClientSession> = {
      identity: { owner: 'a', userId: 'a', account: 'a', broker: 'angel', keyId: 'own:1', rights: null },
      options: { framing: 'json', dialect: 'openalgo', features: 0, slow: null, chosen: {} },
      subscriptions: {
        count: instruments,
        reserved: { subscriptions: 0, streams: 0 },
        place: -1,
        maxOfKey: null,
      },
      joining: new Set(),
      open: true,
      send: (message) => void sent.push(message),
      end: ({ code }) => void closed.push(code),
    };
    sessions.add(session as ClientSession);
  }
  const releaseWhere = (
    session: ClientSession,
    isMeant: (instrument: Instrument, form: StreamForm) => boolean,
  ) => {
    reviewed.push(session);
    for (const end = performance.now() + reviewMs; performance.now() < end; );
    for (const instrument of held) isMeant(instrument, QUOTE_FORM);
  };
  const limits: Scene['limits'] = [];
  const desk = new EntitlementDesk(
    sessions,
    { releaseWhere },
    { useKey: (_session, _place, own) => void limits.push(own) },
    orders,
  );
  return { desk, sessions, sent, closed, reviewed, limits };
}

const rightsNow = ({ sessions }: Scene): (Rights | null | undefined)[] =>
  [...sessions].map(({ identity }) => identity?.rights);

test('what changes while a key is being verified holds for the client that shows it', async () => {
  const { desk, sessions, limits } = setUp({});
  const [session] = [...sessions] as [ClientSession];
  const good: AdmittedKey = {
    status: 'ok',
    userId: 'a',
    keyId: 'own:1',
    rights: null,
    account: 'a',
    broker: 'angel',
    owner: 'a',
  };
  assert.equal(desk.revise(session, good), good);
  assert.deepEqual(limits, [null], 'whatever another key of this client was given meanwhile');
  desk.onStandings([LIMITED]);
  limits.splice(0);
  assert.deepEqual(desk.revise(session, good), { ...good, rights: LTP_ONLY });
  assert.deepEqual(limits, [LTP_ONLY.limits], 'limits of the role as it is now');
  desk.onStandings([REVOKED]);
  const refused = desk.revise(session, good);
  assert.ok(refused.status === 'refused');
  assert.deepEqual([refused.code, refused.close?.code], ['KEY_REVOKED', 4403]);
  desk.stop();
});

test('a key that the control plane says is revoked ends the connection, any other refusal does not', () => {
  const { desk, sessions } = setUp({});
  const [session] = [...sessions] as [ClientSession];
  const revoked = desk.revise(session, { status: 'refused', code: 'KEY_REVOKED', message: '' });
  assert.equal(revoked.status === 'refused' && revoked.close?.code, 4403);
  const unknown: AdmittedKey = { status: 'refused', code: 'AUTHENTICATION_ERROR', message: '' };
  assert.equal(desk.revise(session, unknown), unknown);
});

test('new rights hold at once for all clients of a key, whose subscriptions are looked through a few in a turn', async () => {
  const scene = setUp({ clients: 6, reviewMs: 3 });
  scene.desk.onStandings([LIMITED]);
  assert.ok(rightsNow(scene).every((rights) => rights === LTP_ONLY));
  assert.equal(scene.reviewed.length, 0);
  const turns: number[] = [];
  while (scene.reviewed.length < 6) {
    const before = scene.reviewed.length;
    await nextTurn();
    turns.push(scene.reviewed.length - before);
  }
  assert.ok(Math.max(...turns) <= 2, `${turns}`);
  assert.equal(new Set(scene.reviewed).size, 6);
  assert.equal(scene.sent.length, 6);
  assert.equal(scene.desk.counts.subscriptionsEnded, 6);
});

test('a client that loses very many subscriptions reads of all of them, in messages of 500', async () => {
  const { desk, sent } = setUp({ instruments: 1001 });
  desk.onStandings([LIMITED]);
  await until('the notices', () => sent.length === 3);
  const named = sent.flatMap(({ subscriptions }) => subscriptions as { readonly symbol: string }[]);
  assert.equal(new Set(named.map(({ symbol }) => symbol)).size, 1001);
  assert.deepEqual(
    sent.map(({ subscriptions }) => (subscriptions as unknown[]).length),
    [500, 500, 1],
  );
});

test('clients of other keys, and a key whose rights allow what it holds, notice nothing', async () => {
  const scene = setUp({});
  scene.desk.onStandings([
    { ...LIMITED, keyId: 'own:2' },
    { ...REVOKED, keyId: 'own:3' },
  ]);
  assert.deepEqual(rightsNow(scene), [null]);
  scene.desk.onStandings([{ ...LIMITED, rights: rightsOf('all') }]);
  await until('the look', () => scene.reviewed.length === 1);
  assert.deepEqual([scene.sent, scene.closed], [[], []]);
});

test('a client that has gone before its turn is not looked at', async () => {
  const scene = setUp({});
  scene.desk.onStandings([REVOKED]);
  for (const session of scene.sessions) session.open = false;
  await nextTurn();
  await nextTurn();
  assert.deepEqual([scene.sent, scene.closed], [[], []]);
});

test('a client that loses the right to order updates is told so, once, and keeps its other subscriptions', async () => {
  const released: ClientSession[] = [];
  const orders = {
    has: (session: ClientSession) => !released.includes(session),
    release: (session: ClientSession) => void released.push(session),
  };
  const { desk, sent, reviewed } = setUp({ orders });
  const rights = rightsOf('viewer', { orders: false });
  desk.onStandings([{ keyId: 'own:1', status: 'good', rights }]);
  await until('the look', () => reviewed.length === 1);
  desk.onStandings([{ keyId: 'own:1', status: 'good', rights }]);
  await until('another look', () => reviewed.length === 2);
  assert.deepEqual(
    sent.map(({ type, message }) => [type, message]),
    [['subscription_ended', 'Missing right: order updates. Role viewer does not allow them']],
  );
});

test('a client reads of what it was confirmed and has not joined when it may not have it any more', async () => {
  const { desk, sessions, sent } = setUp({ instruments: 0 });
  const [session] = [...sessions] as [ClientSession];
  const parsed = parseWish({ mode: MODE.QUOTE }, 'openalgo');
  assert.ok(parsed.ok);
  const context = { wish: parsed.wish, broker: 'angel', levels: [], hasCodes: false };
  for (const instrument of instrumentsNumbered(3)) {
    const { symbol, exchange } = instrument;
    session.joining.add({ instrument, item: itemOf({ symbol, exchange, mode: undefined }, context) });
  }
  desk.onStandings([LIMITED]);
  await until('the news', () => sent.length > 0);
  const [{ type, subscriptions }] = sent as [ServerMessage];
  assert.equal(type, 'subscription_ended');
  assert.equal((subscriptions as unknown[]).length, 3);
  desk.stop();
});

/** What the role of a key allows, and what its clients see when an operator changes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { ENTITLEMENT_FLAGS, rightsOf, writeEntitlements } from '../support/entitlement-file.ts';
import type { Message, TestClient, TestClientOptions } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { upstreamSubscriptions } from '../support/upstream-subscriptions.ts';

const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };
const INFY = { symbol: 'INFY', exchange: 'NSE' };

/** Messages of a kind that a client has got. */
function messagesOf(client: TestClient, type: string): Message[] {
  return client.received.map(({ message }) => message).filter((message) => message.type === type);
}

async function subscribe(client: TestClient, mode: number, ...symbols: object[]): Promise<Message[]> {
  const { message } = await client.ask({ action: 'subscribe', symbols, mode });
  return message.subscriptions as Message[];
}

/** A key of the demo user with a role of its own. */
function createKey({ databasePath }: EngineFixture, role: string, given: Parameters<typeof rightsOf>[1]) {
  return writeEntitlements(databasePath, (store) => {
    store.setRole(role, () => rightsOf(role, given));
    return store.createKey({ user: 'demo', name: '', role });
  });
}

test('roles and keys', async (t) => {
  const engine = await startEngineFixture(t, { flags: ENTITLEMENT_FLAGS });
  const { client, databasePath, exchange } = engine;
  /** Made while the engine runs: refused until it has found the key. */
  const connect = (key: string, options: TestClientOptions = {}) =>
    until('the key to be known', () => client({ key, ...options }).catch(() => null));

  await t.test(
    'a subscription that the role does not allow names the missing right, the others succeed',
    async () => {
      const { key } = createKey(engine, 'viewer', {
        modes: [MODE.LTP, MODE.QUOTE],
        exchanges: ['NSE'],
        symbols: ['REL*', 'NSE:TCS'],
      });
      const viewer = await connect(key);
      const [reliance, infy, tcs, nifty] = await subscribe(
        viewer,
        1,
        RELIANCE,
        INFY,
        { symbol: 'TCS', exchange: 'NSE' },
        { symbol: 'RELIANCE', exchange: 'BSE' },
      );
      assert.equal(reliance?.status, 'success');
      assert.deepEqual(infy, {
        ...INFY,
        status: 'error',
        message: 'Missing right: symbol INFY on exchange NSE. Role viewer allows the symbols REL*, NSE:TCS',
        broker: 'angel',
        code: 'NOT_ENTITLED',
      });
      assert.equal(tcs?.status, 'success');
      assert.equal(nifty?.message, 'Missing right: exchange BSE. Role viewer allows the exchanges NSE');
      const [depth] = await subscribe(viewer, 3, RELIANCE);
      assert.equal(depth?.message, 'Missing right: mode 3 (depth). Role viewer allows the modes ltp, quote');
      const design = await connect(key, { path: '/?dialect=design' });
      const { message } = await design.ask({ action: 'subscribe', ...RELIANCE, mode: 4, depth: 5 });
      assert.deepEqual([message.type, message.code], ['error', 'NOT_ENTITLED']);
      assert.match(String(message.message), /^Missing right: mode 4 \(deep-depth\)\./);
    },
  );

  await t.test(
    'a right that is taken away ends the live subscriptions that need it, and no others',
    async () => {
      const { key } = createKey(engine, 'trader', {});
      const trader = await connect(key);
      const other = await client();
      await subscribe(trader, 3, RELIANCE);
      await subscribe(trader, 1, RELIANCE, INFY);
      await subscribe(other, 3, RELIANCE);
      writeEntitlements(databasePath, (store) =>
        store.setRole('trader', () => rightsOf('trader', { modes: [MODE.LTP] })),
      );
      const [ended] = await until('the notice', () => {
        const notices = messagesOf(trader, 'subscription_ended');
        return notices.length > 0 && notices;
      });
      assert.deepEqual(ended, {
        type: 'subscription_ended',
        status: 'error',
        code: 'NOT_ENTITLED',
        message:
          'The rights of this key have changed: role trader does not allow these subscriptions any more',
        subscriptions: [{ ...RELIANCE, mode: 3, missing: 'mode 3 (depth)' }],
      });
      const from = trader.received.length;
      exchange.step();
      await until('both LTP ticks', () => {
        const ticks = trader.received.slice(from).filter(({ message }) => message.type === 'market_data');
        return new Set(ticks.map(({ message }) => message.symbol)).size === 2 && ticks;
      });
      const modes = trader.received.slice(from).map(({ message }) => message.mode);
      assert.ok(
        modes.every((mode) => mode === 1),
        `${modes}`,
      );
      await until('the other client has depth', () =>
        messagesOf(other, 'market_data').some(({ mode }) => mode === 3),
      );
      assert.equal((await subscribe(trader, 2, INFY))[0]?.code, 'NOT_ENTITLED');
      writeEntitlements(databasePath, (store) => store.setRole('trader', () => rightsOf('trader')));
      await until(
        'the right to be back',
        async () => (await subscribe(trader, 2, INFY))[0]?.status === 'success',
      );
      assert.equal(messagesOf(other, 'subscription_ended').length, 0);
    },
  );

  await t.test(
    "a role of the user is that of OpenAlgo's key and of keys without one, also live",
    async () => {
      const { key } = writeEntitlements(databasePath, (store) =>
        store.createKey({ user: 'demo', name: '', role: null }),
      );
      const clients = [await client(), await connect(key)];
      for (const each of clients) assert.equal((await subscribe(each, 2, INFY))[0]?.status, 'success');
      writeEntitlements(databasePath, (store) => {
        store.setRole('prices', () => rightsOf('prices', { modes: [MODE.LTP] }));
        store.assignRole('prices', { user: 'demo' });
      });
      for (const each of clients) {
        await until('the notice', () => messagesOf(each, 'subscription_ended').length > 0);
      }
      writeEntitlements(databasePath, (store) => store.assignRole(null, { user: 'demo' }));
      await until(
        'everything is allowed again',
        async () => (await subscribe(clients[0]!, 2, INFY))[0]?.status === 'success',
      );
    },
  );

  await t.test('a limit of the role holds for clients that are connected, and ends with it', async () => {
    const { key } = createKey(engine, 'narrow', {});
    const narrow = await connect(key);
    assert.equal((await subscribe(narrow, 1, RELIANCE))[0]?.status, 'success');
    const setLimit = (maxSubscriptions: number | null) =>
      writeEntitlements(databasePath, (store) =>
        store.setRole('narrow', () =>
          rightsOf('narrow', { limits: { ...rightsOf('').limits, maxSubscriptions } }),
        ),
      );
    const isRefused = async () => {
      const [entry] = await subscribe(narrow, 1, INFY);
      if (entry?.status === 'success') await narrow.ask({ action: 'unsubscribe', symbols: [INFY], mode: 1 });
      return (
        entry?.status === 'error' &&
        /Subscription limit reached: this API key may hold 1 /.test(`${entry.message}`)
      );
    };
    setLimit(1);
    await until('the limit', isRefused);
    setLimit(null);
    await until('no limit', async () => !(await isRefused()));
  });

  await t.test(
    'a session gives back what the role allows when the client returns, and says what it does not',
    async () => {
      const { key } = createKey(engine, 'traveller', {});
      const traveller = await connect(key, { features: ['session'] });
      const session = String(messagesOf(traveller, 'auth')[0]?.session);
      await subscribe(traveller, 2, RELIANCE, INFY);
      traveller.socket.terminate();
      writeEntitlements(databasePath, (store) =>
        store.setRole('traveller', () => rightsOf('traveller', { symbols: ['INFY'] })),
      );
      // Whoever has just connected shows that the engine has found the change.
      const scout = await connect(key);
      await until(
        'the change',
        async () => (await subscribe(scout, 1, RELIANCE))[0]?.code === 'NOT_ENTITLED',
      );
      const back = await connect(key, { features: ['session'], session });
      const [told] = await until('word of the session', () => {
        const words = messagesOf(back, 'session');
        return words.length > 0 && words;
      });
      const entries = told?.subscriptions as Message[];
      assert.deepEqual(
        entries.map(({ symbol, status, code }) => [symbol, status, code]),
        [
          ['RELIANCE', 'error', 'NOT_ENTITLED'],
          ['INFY', 'success', undefined],
        ],
      );
    },
  );

  await t.test(
    'a key that is revoked ends its connections with the reason, and is refused from then on',
    async () => {
      const { key, stored } = createKey(engine, 'guest', {});
      const guests = [await connect(key), await connect(key, { path: '/?dialect=design' })];
      const [guest, designer] = guests as [TestClient, TestClient];
      const before = upstreamSubscriptions(exchange);
      const added = () => upstreamSubscriptions(exchange).filter((each) => !before.includes(each));
      await subscribe(guest, 1, { symbol: 'SBIN', exchange: 'NSE' });
      await until('it is subscribed upstream', () => added().length > 0);
      writeEntitlements(databasePath, (store) => store.revokeKey(stored.id));
      for (const each of guests) {
        const { code, reason } = await until('the connection to end', () => each.closed);
        assert.deepEqual([code, reason], [4403, 'key revoked; do not reconnect with it']);
      }
      assert.deepEqual(guest.received.at(-1)?.message, {
        status: 'error',
        code: 'KEY_REVOKED',
        message: 'This API key was revoked',
      });
      await until('nobody holds it any more', () => added().length === 0);
      assert.equal(designer.received.at(-1)?.message.type, 'error');
      const again = await client({ authenticate: false });
      again.send({ action: 'authenticate', api_key: key });
      assert.equal((await until('the end', () => again.closed)).code, 4403);
      assert.equal(again.received.at(-1)?.message.code, 'KEY_REVOKED');
    },
  );
});

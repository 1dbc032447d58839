/** The subscribe request: its forms, its confirmation byte for byte, and what it refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClient } from '../support/test-client.ts';
import { tickTransport } from '../support/tick-source-flags.ts';
import { until } from '../support/until.ts';
import { upstreamSubscriptions } from '../support/upstream-subscriptions.ts';

const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };
const INFY = { symbol: 'INFY', exchange: 'NSE' };

test('subscribe', async (t) => {
  const { client, exchange, key } = await startEngineFixture(t);
  const ask = async (each: TestClient, request: object) =>
    (await each.ask({ action: 'subscribe', ...request })).text;

  await t.test('the confirmation of a single symbol is the deployed one, byte for byte', async () => {
    assert.equal(
      await ask(await client(), { ...RELIANCE, mode: 1 }),
      '{"type": "subscribe", "status": "success", "subscriptions": [{"symbol": "RELIANCE", "exchange": "NSE", ' +
        '"status": "success", "mode": "LTP", "depth": 5, "broker": "angel"}], ' +
        '"message": "Subscription processing complete", "broker": "angel"}',
    );
  });

  await t.test('C-13 a batch with an unknown symbol is partial, in the order of the request', async () => {
    const symbols = [INFY, { symbol: 'NOPE', exchange: 'NSE' }, { ...RELIANCE, mode: 3 }];
    assert.equal(
      await ask(await client(), { symbols, mode: 'quote', depth: 5, request_id: 'r-17' }),
      '{"type": "subscribe", "status": "partial", "subscriptions": [' +
        '{"symbol": "INFY", "exchange": "NSE", "status": "success", "mode": "Quote", "depth": 5, "broker": "angel"}, ' +
        '{"symbol": "NOPE", "exchange": "NSE", "status": "error", ' +
        '"message": "Symbol NOPE not found for exchange NSE", "broker": "angel"}, ' +
        '{"symbol": "RELIANCE", "exchange": "NSE", "status": "success", "mode": "Quote", "depth": 5, "broker": "angel"}], ' +
        '"message": "Subscription processing complete", "broker": "angel", "request_id": "r-17"}',
    );
  });

  await t.test('C-13 a request is partial, never an error, when every symbol fails', async () => {
    const each = await client();
    const unknown = ['{"symbol": "reliance", "exchange": "NSE"', '{"symbol": "RELIANCE", "exchange": "nse"'];
    for (const entry of unknown) {
      const answer = await ask(each, JSON.parse(`${entry}, "mode": 1}`) as object);
      assert.ok(answer.includes('"status": "partial"') && answer.includes(`${entry}, "status": "error"`));
    }
  });

  await t.test('C-11 modes are taken as numbers and as names in any case with blanks', async () => {
    const each = await client();
    const modes: [unknown, string][] = [
      [1, 'LTP'],
      [2, 'Quote'],
      [3, 'Depth'],
      ['LTP', 'LTP'],
      ['ltp', 'LTP'],
      [' Depth ', 'Depth'],
      ['qUOTE\t', 'Quote'],
      [undefined, 'Quote'],
    ];
    for (const [mode, name] of modes) {
      assert.ok((await ask(each, { ...RELIANCE, mode })).includes(`"mode": "${name}", "depth": 5`));
    }
  });

  await t.test(
    'C-12 a mode that does not exist refuses the whole request and subscribes nothing',
    async () => {
      const each = await client();
      const outside = (mode: unknown) => `Invalid mode ${mode}; expected 1 (LTP), 2 (Quote), or 3 (Depth)`;
      const unknown = (mode: string) =>
        `Invalid mode '${mode}'; expected 'LTP', 'Quote', or 'Depth' (case-insensitive)`;
      const modes: [unknown, string][] = [
        [0, outside(0)],
        [5, outside(5)],
        [-1, outside(-1)],
        ['3', unknown('3')],
        ['Foo', unknown('Foo')],
        ['', unknown('')],
        [true, 'Mode must be int or str, got bool (True)'],
        [1.5, 'Mode must be int or str, got float (1.5)'],
        [null, 'Mode must be int or str, got NoneType (None)'],
        [[1], 'Mode must be int or str, got list ([1])'],
        [{}, 'Mode must be int or str, got dict ({})'],
      ];
      for (const [mode, message] of modes) {
        const expected = { status: 'error', code: 'INVALID_MODE', message };
        const { message: answer } = await each.ask({ action: 'subscribe', symbols: [RELIANCE, INFY], mode });
        assert.deepEqual(answer, expected);
        assert.deepEqual(Object.keys(answer), Object.keys(expected));
      }
      assert.deepEqual((await each.ask({ action: 'unsubscribe_all' })).message.successful, []);
    },
  );

  await t.test(
    'C-13 entries that lack a field are skipped, and a request without symbols is refused',
    async () => {
      const each = await client();
      const symbols = [{ symbol: 'INFY' }, { exchange: 'NSE' }, {}, { symbol: '', exchange: 'NSE' }];
      const { message: skipped } = await each.ask({ action: 'subscribe', symbols, mode: 1 });
      assert.deepEqual([skipped.status, skipped.subscriptions], ['success', []]);
      const { message: one } = await each.ask({ action: 'subscribe', symbols: [...symbols, INFY], mode: 1 });
      assert.deepEqual([one.status, (one.subscriptions as unknown[]).length], ['success', 1]);
      const refused =
        '{"status": "error", "code": "INVALID_PARAMETERS", "message": "At least one symbol must be specified"}';
      for (const request of [{}, { symbols: [] }, { symbol: 'INFY' }, { exchange: 'NSE', mode: 1 }]) {
        assert.equal(await ask(each, request), refused);
      }
      const { message: noObject } = await each.ask({ action: 'subscribe', symbols: ['INFY'], mode: 1 });
      assert.deepEqual(
        [noObject.code, noObject.message],
        ['SERVER_ERROR', "'str' object has no attribute 'get'"],
      );
      const { message: empty } = await each.ask({ action: 'subscribe', symbols: [], ...INFY, mode: 1 });
      assert.equal(empty.status, 'success', 'an empty list leaves the single form');
    },
  );

  await t.test('C-15 request_id comes back last and unchanged, whatever it is; null is none', async () => {
    const each = await client();
    for (const id of ['r-1', 17, -2.5, 0, '', false, true, { a: [1, { b: null }] }, [], 'क']) {
      const { text, message } = await each.ask({ request_id: id, action: 'subscribe', ...INFY, mode: 1 });
      assert.deepEqual([Object.keys(message).at(-1), message.request_id], ['request_id', id], text);
    }
    for (const id of [null, undefined]) {
      assert.ok(!(await ask(each, { ...INFY, mode: 1, request_id: id })).includes('request_id'));
    }
  });

  await t.test('a request with a request_id nested deeper than anybody reads is refused whole', async () => {
    const each = await client();
    const depth = 100_000;
    const id = '['.repeat(depth) + ']'.repeat(depth);
    each.sendRaw(
      `{"action": "subscribe", "symbol": "TCS", "exchange": "NSE", "mode": 1, "request_id": ${id}}`,
    );
    const { message } = await each.next('the error', (received) => received.message.status === 'error');
    assert.equal(message.code, 'INVALID_JSON');
    assert.deepEqual((await each.ask({ action: 'unsubscribe_all' })).message.successful, []);
    // Requests reach the exchange in their order: when this tick is here, those before it have taken effect.
    await each.subscribe('NSE', 'ADANIENT', 1);
    await each.next('a tick', (received) => received.message.symbol === 'ADANIENT');
    const ofTcs = () => upstreamSubscriptions(exchange).filter((pair) => pair.startsWith('1:11536:'));
    // A feed host keeps what it was asked for until the proxy has had the time to subscribe.
    if (tickTransport() !== 'ring') await until('the end of what was asked for', () => ofTcs().length === 0);
    assert.deepEqual(ofTcs(), []);
  });

  await t.test(
    'C-14 a depth that the broker does not have fails in mode 3 and is echoed in mode 1',
    async () => {
      const each = await client();
      assert.ok(
        (await ask(each, { ...INFY, mode: 3, depth: 20 })).includes(
          '"status": "partial", "subscriptions": [{"symbol": "INFY", "exchange": "NSE", "status": "error", ' +
            '"message": "Invalid depth level 20. Must be 5", "broker": "angel"}]',
        ),
      );
      assert.ok((await ask(each, { ...INFY, mode: 3, depth: '5' })).includes('"status": "partial"'));
      assert.ok((await ask(each, { ...INFY, mode: 1, depth: 20 })).includes('"mode": "LTP", "depth": 20'));
      assert.ok(
        (await ask(each, { ...INFY, mode: 3, depth_level: 20 })).includes('"mode": "Depth", "depth": 5'),
      );
    },
  );

  await t.test('a repeated subscription succeeds and sends nothing twice', async () => {
    const each = await client();
    const request = { action: 'subscribe', symbols: [RELIANCE, RELIANCE], mode: 1 };
    for (let i = 0; i < 3; i++) assert.equal((await each.ask(request)).message.status, 'success');
    const { message } = await each.ask({ action: 'unsubscribe_all' });
    assert.equal((message.successful as unknown[]).length, 1);
  });

  await t.test("a busy proxy does not lose the exchange's first image of an instrument", async () => {
    const busy = await client();
    const each = await client();
    const load = JSON.stringify({ action: 'ping', junk: Array.from({ length: 100_000 }, (_, i) => i) });
    for (const symbol of [
      'ADANIPORTS',
      'APOLLOHOSP',
      'ASIANPAINT',
      'AXISBANK',
      'BEL',
      'BHARTIARTL',
      'COALINDIA',
    ]) {
      each.send({ action: 'subscribe', symbol, exchange: 'NSE', mode: 3 });
      for (let i = 0; i < 5; i++) busy.sendRaw(load);
      await each.next(`the first image of ${symbol}`, ({ message }) => message.symbol === symbol);
    }
    assert.ok(each.ticks().every((tick) => !('snapshot' in tick)));
    assert.equal(each.ticks().length, 7);
  });

  await t.test(
    'C-06 the confirmation precedes the first tick, also when everything is sent at once',
    async () => {
      const names = ['SBIN', 'ITC', 'WIPRO', 'CIPLA', 'TITAN'];
      const each = await client({ authenticate: false });
      each.send({ action: 'authenticate', api_key: key });
      for (const symbol of names) each.send({ action: 'subscribe', symbol, exchange: 'NSE', mode: 2 });
      for (const symbol of names)
        await each.next(`${symbol}'s tick`, ({ message }) => message.symbol === symbol);
      const order = each.received.map(({ message }) => message);
      assert.equal(order[0]?.type, 'auth');
      for (const symbol of names) {
        const confirmed = order.findIndex(({ subscriptions }) =>
          (subscriptions as { symbol: string }[] | undefined)?.some((entry) => entry.symbol === symbol),
        );
        const ticked = order.findIndex((message) => message.symbol === symbol);
        assert.ok(confirmed > 0 && confirmed < ticked, `${symbol}: ${confirmed}, ${ticked}`);
      }
    },
  );
});

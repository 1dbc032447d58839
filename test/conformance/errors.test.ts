/** What clients read when they do something wrong: the deployed server's errors, and a connection that stays open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from 'msgpackr';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const error = (code: string, message: string) =>
  `{"status": "error", "code": "${code}", "message": "${message}"}`;

test('errors', async (t) => {
  const { client } = await startEngineFixture(t);

  /** Sends bytes and gives the text of the next message. */
  const answerTo = async (each: TestClient, data: string | Uint8Array) => {
    const from = each.received.length;
    each.sendRaw(data);
    return (await each.next(`an answer to ${data}`, () => true, from)).text;
  };

  await t.test('what needs a key is refused before there is one, and the connection stays open', async () => {
    const each = await client({ authenticate: false });
    const expected = error('NOT_AUTHENTICATED', 'You must authenticate first');
    for (const action of ['subscribe', 'unsubscribe', 'unsubscribe_all', 'get_broker_info']) {
      const request = { action, symbol: 'RELIANCE', exchange: 'NSE', mode: 9, request_id: 'r-1' };
      assert.equal((await each.ask(request)).text, expected, action);
    }
    assert.equal((await each.ask({ action: 'ping' })).message.type, 'pong');
  });

  await t.test('C-08 text that is no JSON, and JSON that is no object, get their errors', async () => {
    const each = await client({ authenticate: false });
    const notJson = error('INVALID_JSON', 'Invalid JSON message');
    const noObject = (type: string) => error('SERVER_ERROR', `'${type}' object has no attribute 'get'`);
    const cases: [string | Uint8Array, string][] = [
      ['not json', notJson],
      ['{"action": "ping"', notJson],
      ['', notJson],
      [Buffer.from([0xff, 0xfe, 0x00]), notJson],
      [Buffer.from([0x82, 0xa1]), notJson],
      ['[]', noObject('list')],
      ['"ping"', noObject('str')],
      ['5', noObject('int')],
      ['1.5', noObject('float')],
      ['true', noObject('bool')],
      ['null', noObject('NoneType')],
      [pack([1, 2]), noObject('list')],
    ];
    for (const [data, expected] of cases) assert.equal(await answerTo(each, data), expected);
  });

  await t.test('C-08 an unknown action is named, a missing one is None', async () => {
    const each = await client();
    const cases: [string, string][] = [
      ['{}', 'None'],
      ['{"action": "fly"}', 'fly'],
      ['{"type": "fly"}', 'fly'],
      ['{"action": 17}', '17'],
      ['{"action": true}', 'True'],
      ['{"action": "Subscribe"}', 'Subscribe'],
      ['{"action": "constructor"}', 'constructor'],
    ];
    for (const [text, name] of cases) {
      assert.equal(await answerTo(each, text), error('INVALID_ACTION', `Invalid action: ${name}`));
    }
    assert.equal(
      await answerTo(each, '{"action": "कख\\u007f"}'),
      error('INVALID_ACTION', 'Invalid action: \\u0915\\u0916\\u007f'),
    );
  });

  await t.test('an action that no program means is refused, and harms nobody', async () => {
    const other = await client();
    const each = await client({ authenticate: false });
    const depth = 200_000;
    const nested = `{"action": ${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const tooDeep = 'Invalid JSON message: it is nested deeper than 32 levels';
    // Where it ends nobody looks.
    for (const data of [nested, nested.slice(0, depth), Buffer.alloc(depth, 0x91)]) {
      assert.equal(await answerTo(each, data), error('INVALID_JSON', tooDeep));
    }
    // A map with an array of 64-bit integers (extension type 0x74) as its action.
    const head = Buffer.from('81a6616374696f6e', 'hex');
    for (const element of [9, 10]) {
      const bytes = Buffer.concat([head, Buffer.from([0xc7, 9, 0x74, element, 1, 0, 0, 0, 0, 0, 0, 0])]);
      assert.equal(await answerTo(each, bytes), error('INVALID_ACTION', 'Invalid action: dict'));
    }
    for (const one of [each, other]) assert.equal((await one.ask({ action: 'ping' })).message.type, 'pong');
  });

  await t.test('C-09 a pong that nobody asked for is ignored', async () => {
    const each = await client({ authenticate: false });
    each.send({ type: 'pong' });
    each.send({ action: 'pong' });
    assert.equal((await each.ask({ action: 'ping' })).message.type, 'pong');
    assert.equal(each.received.length, 1);
  });

  await t.test(
    'C-10 a ping is answered before authentication, with what it brought and nothing else',
    async () => {
      const each = await client({ authenticate: false });
      const before = Date.now();
      const plain = await each.ask({ type: 'ping' });
      assert.match(plain.text, /^\{"type": "pong", "status": "success", "server_timestamp": \d{13}\}$/);
      const { server_timestamp: time } = plain.message;
      assert.ok(Number(time) >= before && Number(time) <= Date.now());
      const full = await each.ask({ action: 'ping', timestamp: 1787384400123, _pingId: 'p-4' });
      assert.match(full.text, /"client_timestamp": 1787384400123, "_pingId": "p-4"\}$/);
      const one = await each.ask({ action: 'ping', _pingId: null });
      assert.deepEqual(Object.keys(one.message), ['type', 'status', 'server_timestamp', '_pingId']);
    },
  );

  await t.test('information about brokers', async () => {
    const each = await client({ authenticate: false });
    assert.equal(
      (await each.ask({ action: 'get_supported_brokers' })).text,
      '{"type": "supported_brokers", "status": "success", "brokers": ["angel", "zerodha"], "count": 2}',
    );
    const authenticated = await client();
    await until('a connection to the broker', async () =>
      (await authenticated.ask({ action: 'get_broker_info' })).text.includes('"connected"'),
    );
    assert.equal(
      (await authenticated.ask({ action: 'get_broker_info' })).text,
      '{"type": "broker_info", "status": "success", "broker": "angel", "adapter_status": "connected", "user_id": "demo"}',
    );
  });
});

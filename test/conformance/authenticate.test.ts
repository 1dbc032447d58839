/** The authenticate request in every form that clients in use send, and what its answers say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from 'msgpackr';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { tickTransport } from '../support/tick-source-flags.ts';

const ANSWER =
  '{"type": "auth", "status": "success", "message": "Authentication successful", "broker": "angel", ' +
  '"user_id": "demo", "supported_features": {"ltp": true, "quote": true, "depth": true}}';
const WRONG_KEY = '{"status": "error", "code": "AUTHENTICATION_ERROR", "message": "Invalid API key"}';
const NO_KEY = '{"status": "error", "code": "AUTHENTICATION_ERROR", "message": "API key is required"}';

test('authenticate', async (t) => {
  const { client, key } = await startEngineFixture(t);
  const connect = () => client({ authenticate: false });

  await t.test('C-05 every spelling of the request gets the same answer, byte for byte', async () => {
    const requests = [
      { action: 'authenticate', api_key: key },
      { action: 'authenticate', apikey: key },
      { action: 'authenticate', api_key: '', apikey: key },
      { action: 'auth', api_key: key },
      { type: 'authenticate', api_key: key },
      { action: '', type: 'auth', api_key: key },
      { action: null, type: 'auth', api_key: key },
    ];
    for (const request of requests) {
      const each = await connect();
      assert.equal((await each.ask(request)).text, ANSWER, JSON.stringify(request));
    }
  });

  await t.test(
    'C-05 a request in a binary frame is read, as JSON and as msgpack, and answered in text',
    async () => {
      const request = { action: 'authenticate', api_key: key };
      for (const bytes of [Buffer.from(JSON.stringify(request, null, 2)), pack(request)]) {
        const each = await connect();
        each.sendRaw(bytes);
        const answer = await each.next('the answer', () => true);
        assert.deepEqual([answer.isBinary, answer.text], [false, ANSWER]);
      }
    },
  );

  await t.test('a wrong or missing key is refused, and the connection may try again', async () => {
    const each = await connect();
    assert.equal((await each.ask({ action: 'authenticate', api_key: 'f'.repeat(64) })).text, WRONG_KEY);
    assert.equal((await each.ask({ action: 'authenticate' })).text, NO_KEY);
    assert.equal((await each.ask({ action: 'authenticate', api_key: '' })).text, NO_KEY);
    assert.equal((await each.ask({ action: 'authenticate', api_key: 17 })).text, NO_KEY);
    const subscribe = await each.ask({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE' });
    assert.equal(subscribe.message.code, 'NOT_AUTHENTICATED');
    assert.equal((await each.ask({ action: 'authenticate', api_key: key })).text, ANSWER);
  });

  await t.test('a connection that authenticates again keeps its subscriptions', async () => {
    const each = await client();
    await each.subscribe('NSE', 'RELIANCE', 1);
    await each.next('a tick', ({ message }) => message.type === 'market_data');
    assert.equal((await each.ask({ action: 'authenticate', api_key: key })).text, ANSWER);
    assert.equal((await each.ask({ action: 'authenticate', api_key: 'wrong' })).text, WRONG_KEY);
    const { message } = await each.ask({ action: 'unsubscribe_all' });
    assert.deepEqual(message.successful, [
      { symbol: 'RELIANCE', exchange: 'NSE', status: 'success', broker: 'angel' },
    ]);
  });

  await t.test('many wrong keys at once are all answered, and ticks go on meanwhile', async () => {
    const watcher = await client();
    const clients = await Promise.all(Array.from({ length: 40 }, connect));
    const answers = clients.map((each, i) => each.ask({ action: 'authenticate', api_key: `wrong ${i}` }));
    await watcher.subscribe('NSE', 'INFY', 1);
    await watcher.next('a tick', ({ message }) => message.symbol === 'INFY');
    for (const { message } of await Promise.all(answers)) assert.equal(message.code, 'AUTHENTICATION_ERROR');
  });

  await t.test(
    'C-06 requests sent behind authenticate wait for the key check and are answered in order',
    async () => {
      const each = await connect();
      each.send({ action: 'ping', _pingId: 1 });
      each.send({ action: 'authenticate', api_key: `${'0'.repeat(60)}slow` });
      each.send({ action: 'ping', _pingId: 2 });
      each.send({ action: 'authenticate', api_key: key });
      each.send({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 1 });
      each.send({ action: 'ping', _pingId: 3 });
      each.send({ action: 'unsubscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 1 });
      await each.next('the last answer', ({ message }) => message.type === 'unsubscribe');
      const answers = each.received
        .map(({ message }) => message)
        .filter(({ type }) => type !== 'market_data')
        .map(({ type, code, _pingId }) => _pingId ?? type ?? code);
      assert.deepEqual(answers, [1, 'AUTHENTICATION_ERROR', 2, 'auth', 'subscribe', 3, 'unsubscribe']);
    },
  );
});

test('a good key whose broker session is revoked counts as authenticated', async (t) => {
  // Over a bus the first key waits for the link to the feed host.
  const graceSeconds = tickTransport() === 'ring' ? 0.1 : 1;
  const { client, key } = await startEngineFixture(t, {
    flags: [`--ws-auth-grace-seconds=${graceSeconds}`],
    prepare: (db) => db.exec('UPDATE auth SET is_revoked = 1'),
  });
  const each = await client({ authenticate: false });
  const refused =
    '{"status": "error", "code": "BROKER_ERROR", "message": "No broker configuration found for user"}';
  assert.equal((await each.ask({ action: 'authenticate', api_key: key })).text, refused);
  // A connection that came later runs into the grace time: this one, which is older, has then passed it.
  const silent = await client({ authenticate: false });
  assert.deepEqual(await silent.untilClosed(), { code: 4401, reason: 'auth timeout' });
  const subscribe = await each.ask({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE' });
  assert.equal(
    subscribe.text,
    '{"status": "error", "code": "BROKER_ERROR", "message": "Broker adapter not found"}',
  );
});

/** What a client may choose for its connection, and that nothing it chose is ignored silently. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from 'msgpackr';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClientOptions } from '../support/test-client.ts';

test('options of a connection', async (t) => {
  const { client, key } = await startEngineFixture(t);
  /** Authenticates with options. @returns the answer, and whether the next answer is binary */
  const choose = async (options: object, connection: TestClientOptions = {}) => {
    const each = await client({ authenticate: false, ...connection });
    const answer = await each.ask({ action: 'authenticate', api_key: key, ...options });
    assert.equal(answer.isBinary, false, 'the answer to authenticate is text');
    const pong = await each.ask({ action: 'ping' });
    return { each, answer: answer.message, isBinary: pong.isBinary };
  };
  const echo = ({ framing, dialect, features, slow }: Record<string, unknown>) =>
    JSON.parse(JSON.stringify({ framing, dialect, features, slow })) as unknown;

  await t.test('a client that chooses nothing finds nothing echoed and gets text', async () => {
    const { answer, isBinary } = await choose({});
    assert.deepEqual([echo(answer), isBinary], [{}, false]);
  });

  await t.test('the framing may be chosen in the request, the URL and by sub-protocol', async () => {
    const ways: [object, TestClientOptions][] = [
      [{ framing: 'msgpack' }, {}],
      [{}, { path: '/?framing=msgpack' }],
      [{}, { protocols: ['other', 'tickwire.msgpack'] }],
      [{ framing: 'msgpack' }, { path: '/ws?framing=msgpack', protocols: ['tickwire.msgpack'] }],
    ];
    for (const [options, connection] of ways) {
      const { each, answer, isBinary } = await choose(options, connection);
      assert.deepEqual([echo(answer), isBinary], [{ framing: 'msgpack' }, true]);
      assert.equal(each.socket.protocol, connection.protocols === undefined ? '' : 'tickwire.msgpack');
    }
    const { answer, isBinary } = await choose({}, { protocols: ['tickwire.json'] });
    assert.deepEqual([echo(answer), isBinary], [{ framing: 'json' }, false]);
  });

  await t.test('features may be chosen in the request and the URL, and add up', async () => {
    const { answer } = await choose({ features: ['snapshot'] }, { path: '/?features=stamps,sequence' });
    assert.deepEqual(echo(answer), { features: ['sequence', 'stamps', 'snapshot'] });
  });

  await t.test('values that exist already may be named', async () => {
    const { answer } = await choose({ dialect: 'openalgo', slow: 'disconnect', framing: 'json' });
    assert.deepEqual(echo(answer), { framing: 'json', dialect: 'openalgo', slow: 'disconnect' });
  });

  await t.test('a value that does not exist is refused by name, with those that do', async () => {
    const wrong: [object, TestClientOptions, RegExp][] = [
      [
        { framing: 'xml' },
        {},
        /^framing "xml" \(authenticate request\) does not exist; use json or msgpack$/,
      ],
      [{ framing: 7 }, {}, /^framing 7 \(authenticate request\)/],
      [{}, { path: '/?framing=MSGPACK' }, /^framing "MSGPACK" \(URL\)/],
      [
        { dialect: 'french' },
        {},
        /^dialect "french" \(authenticate request\) does not exist; use openalgo or design$/,
      ],
      [{}, { path: '/?dialect=french' }, /^dialect "french" \(URL\)/],
      [
        { slow: 'drop' },
        {},
        /^slow "drop" \(authenticate request\) does not exist; use conflate or deliver or disconnect$/,
      ],
      [
        { features: ['candles'] },
        {},
        /^feature "candles" .*use sequence, stamps, snapshot, status, receipts, session$/,
      ],
      [{ features: [3] }, {}, /^feature 3 /],
      [{ features: { snapshot: true } }, {}, /^features \(authenticate request\) must be a list of names$/],
      [{}, { path: '/?features=snapshot,nope' }, /^feature "nope" \(URL\)/],
    ];
    for (const [options, connection, message] of wrong) {
      const { each, answer, isBinary } = await choose(options, connection);
      assert.deepEqual([Object.keys(answer), isBinary], [['status', 'code', 'message'], false]);
      assert.equal(answer.code, 'INVALID_OPTION');
      assert.match(String(answer.message), message);
      const next = await each.ask({ action: 'unsubscribe_all' });
      assert.equal(next.message.code, 'NOT_AUTHENTICATED', 'nothing was chosen in its place');
    }
  });

  await t.test('choices that contradict each other are refused, naming each and its place', async () => {
    const { answer } = await choose({ framing: 'json' }, { path: '/?framing=msgpack' });
    const expected =
      'framing is chosen more than once, differently: json (authenticate request), msgpack (URL); choose it in one place';
    assert.deepEqual(answer, { status: 'error', code: 'INVALID_OPTION', message: expected });
    for (const connection of [
      { path: '/?framing=json', protocols: ['tickwire.msgpack'] },
      { path: '/?framing=json&framing=msgpack' },
    ]) {
      assert.equal((await choose({}, connection)).answer.code, 'INVALID_OPTION');
    }
  });

  await t.test('options are fixed by the first authenticate answer', async () => {
    const { each } = await choose({ framing: 'msgpack', features: ['sequence'] });
    const again = await each.ask({ action: 'authenticate', api_key: key });
    assert.deepEqual([again.isBinary, again.message.type], [false, 'auth']);
    assert.deepEqual(echo(again.message), { framing: 'msgpack', features: ['sequence'] });
    for (const options of [
      { framing: 'json' },
      { features: ['stamps'] },
      { features: [] },
      { slow: 'deliver' },
    ]) {
      const other = await each.ask({ action: 'authenticate', api_key: key, ...options });
      assert.deepEqual([other.isBinary, other.message.code], [false, 'INVALID_OPTION']);
      assert.match(String(other.message.message), /open another connection/);
    }
    const wrongKey = await each.ask({ action: 'authenticate', api_key: 'wrong' });
    assert.equal(wrongKey.isBinary, false, 'a refused key is answered in text too');
    assert.equal((await each.ask({ action: 'ping' })).isBinary, true, 'the framing stays');
  });

  await t.test('the delivery of a subscription may be chosen with it, and changed later', async () => {
    for (const path of ['/', '/?dialect=design']) {
      const { each } = await choose({ slow: 'deliver' }, { path });
      const subscribe = async (terms: object) =>
        (await each.ask({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 1, ...terms }))
          .message;
      const agreed = async (terms: object) => {
        const { subscriptions } = await subscribe(terms);
        const [{ slow, max_rate }] = subscriptions as [Record<string, unknown>];
        return JSON.parse(JSON.stringify({ slow, max_rate })) as unknown;
      };
      for (const terms of [{}, { max_rate: 0.5 }, { slow: 'disconnect', max_rate: 1000 }, {}]) {
        assert.deepEqual(await agreed(terms), terms);
      }
      const wrong: [object, string, RegExp][] = [
        [
          { slow: 'wait' },
          'INVALID_OPTION',
          /^slow "wait" does not exist; use conflate or deliver or disconnect$/,
        ],
        [{ slow: 1 }, 'INVALID_OPTION', /^slow 1 /],
        [{ max_rate: 0 }, 'INVALID_MAX_RATE', /^Invalid max_rate 0; expected a number from 0.01 to 1000/],
        [{ max_rate: 1001 }, 'INVALID_MAX_RATE', /1001/],
        [{ max_rate: '5' }, 'INVALID_MAX_RATE', /"5"/],
      ];
      for (const [terms, code, message] of wrong) {
        const answer = await subscribe(terms);
        assert.equal(answer.code, code);
        assert.match(String(answer.message), message);
      }
    }
  });

  await t.test('requests may come in either framing whatever the framing of the answers', async () => {
    const { each } = await choose({ framing: 'msgpack' });
    assert.equal((await each.ask({ action: 'ping', _pingId: 'text' })).message._pingId, 'text');
    const json = await client();
    json.sendRaw(pack({ action: 'ping', _pingId: 'binary' }));
    const pong = await json.next('the pong', ({ message }) => message._pingId === 'binary');
    assert.equal(pong.isBinary, false);
  });

  await t.test(
    'a time in ms that a msgpack client packs as int64 comes back as the number it is',
    async () => {
      const json = await client();
      const timestamp = 1787384400123n;
      json.sendRaw(pack({ action: 'ping', timestamp }));
      const pong = await json.next('the pong', ({ message }) => message.type === 'pong');
      assert.match(pong.text, /"client_timestamp": 1787384400123}$/);
    },
  );
});

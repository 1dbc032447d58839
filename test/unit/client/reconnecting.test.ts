/** The client library over the ends of its connections, against a server that does what the test says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, TickwireError } from '../../../src/client/index.ts';
import { collect, openClient, readAll } from '../../support/client-scene.ts';
import { ExampleProcess } from '../../support/example-process.ts';
import { ScriptedServer, scriptedTick } from '../../support/scripted-server.ts';
import { until } from '../../support/until.ts';

const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };
const GAP = {
  type: 'gap',
  ...RELIANCE,
  reason: 'away',
  epoch: 1,
  missed: 4,
  last_epoch: 1,
  last_seq: 3,
  next_seq: 8,
};

test('a lost connection comes back with its session, in portions too, and nothing is subscribed twice', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client, sessions } = openClient(t, server.url);
  const ltp = collect(client.subscribe('NSE:RELIANCE', 'ltp'));
  const quote = collect(client.subscribe('NSE:RELIANCE', 'quote'));
  const gone = client.subscribe('NSE:TCS', 'ltp');
  const first = await server.connection(0, 'subscribe');
  await gone.confirmed();
  for (const seq of [1, 2]) first.send(scriptedTick(seq));
  await until('the ticks', () => ltp.ticks.length === 2);
  const resumed = { type: 'session', status: 'resumed', away_ms: 40, orders: false };
  server.script = (request, own) => {
    if (request.action !== 'authenticate') return null;
    assert.equal(request.session, 'first');
    own.sendTogether(
      { type: 'auth', status: 'success', features: request.features, session: 'first' },
      {
        ...resumed,
        subscriptions: [{ ...RELIANCE, status: 'success', mode: 'LTP', broker: 'angel' }],
        more: true,
      },
      GAP,
      scriptedTick(8, { snapshot: true }),
      { ...resumed, subscriptions: [{ symbol: 'TCS', exchange: 'NSE', status: 'success', mode: 'LTP' }] },
    );
    return [];
  };
  first.socket.terminate();
  await until('the loss', () => ltp.subscription.staleReason === 'disconnected');
  void gone.unsubscribe();
  const second = await server.connection(1, 'unsubscribe');
  // What did not come back is asked for, what nobody wants any more is given up.
  const [asked] = (await server.connection(1, 'subscribe')).asked('subscribe');
  assert.deepEqual([asked?.symbols, asked?.mode], [[RELIANCE], 2]);
  assert.deepEqual(second.asked('unsubscribe')[0]?.symbols, [{ symbol: 'TCS', exchange: 'NSE', mode: 1 }]);
  assert.deepEqual(sessions, [{ status: 'resumed', awayMs: 40, message: '' }]);
  // The server had sent one more than arrived.
  assert.deepEqual(ltp.gaps, [{ reason: 'away', missed: 5, lastEpoch: 1, lastSeq: 2, epoch: 1, nextSeq: 8 }]);
  assert.deepEqual(ltp.ticks.at(-1)?.gap, ltp.gaps[0]);
  assert.equal(quote.subscription.last, null);
});

test('what is subscribed on other terms while the connection is away does not come back on the old ones', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  const slowly = client.subscribe('NSE:RELIANCE', 'ltp', { maxRate: 1 });
  const unchanged = client.subscribe('NSE:TCS', 'ltp', { maxRate: 1, slow: 'deliver' });
  const few = client.subscribe('NSE:TCS', 'depth', { levels: 20 });
  await Promise.all([slowly, unchanged, few].map((each) => each.confirmed()));
  const TCS = { symbol: 'TCS', exchange: 'NSE' };
  server.script = ({ action, features, session }) => {
    if (action !== 'authenticate') return null;
    const subscriptions = [
      { ...RELIANCE, status: 'success', mode: 'LTP', max_rate: 1 },
      { ...TCS, status: 'success', mode: 'LTP', max_rate: 1, slow: 'deliver' },
      { ...TCS, status: 'success', mode: 4, depth_level: 20 },
    ];
    return [
      { type: 'auth', status: 'success', features, session },
      { type: 'session', status: 'resumed', away_ms: 1, subscriptions, orders: false },
    ];
  };
  server.connections[0]!.socket.terminate();
  await until('the loss', () => slowly.staleReason === 'disconnected');
  await Promise.all([slowly.unsubscribe(), few.unsubscribe()]);
  const now = [client.subscribe('NSE:RELIANCE', 'ltp'), client.subscribe('NSE:TCS', 'depth', { levels: 50 })];
  await Promise.all([unchanged, ...now].map((each) => each.confirmed()));
  const second = server.connections[1]!;
  assert.deepEqual(
    second.asked('unsubscribe').flatMap(({ symbols }) => symbols),
    [
      { ...RELIANCE, mode: 1 },
      { ...TCS, mode: 4 },
    ],
  );
  assert.deepEqual(
    second.asked('subscribe').map(({ symbols, mode, max_rate, depth }) => [symbols, mode, max_rate, depth]),
    [
      [[RELIANCE], 1, undefined, 5],
      [[TCS], 4, undefined, 50],
    ],
  );
});

test('a session that nobody knows any more is no reason for silence: all is subscribed again, and the hole is told', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client, sessions } = openClient(t, server.url);
  const ltp = collect(client.subscribe('NSE:RELIANCE', 'ltp', { maxRate: 10, slow: 'deliver' }));
  const first = await server.connection(0, 'subscribe');
  first.send(scriptedTick(7));
  await until('the tick', () => ltp.ticks.length === 1);
  server.script = ({ action, features, session }) =>
    action !== 'authenticate' || session === undefined
      ? null
      : [
          { type: 'auth', status: 'success', features, session: 'second' },
          { type: 'session', status: 'unknown', message: 'expired' },
        ];
  first.close(1011, 'keepalive ping timeout');
  const second = await server.connection(1, 'subscribe');
  assert.deepEqual(second.asked('subscribe')[0], first.asked('subscribe')[0]);
  second.send(scriptedTick(1, { epoch: 2 }));
  await until('the tick', () => ltp.ticks.length === 2);
  const gap = { reason: 'reconnected', missed: null, lastEpoch: 1, lastSeq: 7, epoch: null, nextSeq: null };
  assert.deepEqual([ltp.gaps, ltp.ticks[1]?.gap, sessions[0]?.status], [[gap], gap, 'unknown']);
  second.close(1011);
  assert.equal((await server.connection(2)).asked('authenticate')[0]?.session, 'second');
});

test('the moment that an engine which stops has named is kept, and a client whose key is revoked never comes back', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client, states, errors } = openClient(t, server.url, { reconnect: { initialMs: 5000 } });
  const away: unknown[] = [];
  client.on('goingAway', (each) => void away.push(each));
  const ltp = client.subscribe('NSE:RELIANCE', 'ltp');
  const first = await server.connection(0, 'subscribe');
  first.send({ type: 'going_away', reason: 'drain', reconnect_after_ms: 30 });
  first.close(1001, 'going away; reconnect in 30 ms');
  const second = await server.connection(1, 'subscribe');
  assert.deepEqual(away, [{ reason: 'drain', reconnectAfterMs: 30 }]);
  assert.deepEqual(
    states.find(({ state }) => state === 'waiting'),
    { state: 'waiting', ended: { code: 1001, reason: 'going away; reconnect in 30 ms' }, retryMs: 50 },
  );
  second.send({ status: 'error', code: 'KEY_REVOKED', message: 'revoked' });
  second.close(4403, 'key revoked; do not reconnect with it');
  await assert.rejects(readAll(ltp), { code: 'KEY_REVOKED' });
  assert.equal(client.state, 'closed');
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['KEY_REVOKED'],
  );
  await assert.rejects(client.ready(), { code: 'KEY_REVOKED' });
  assert.throws(() => client.subscribe('NSE:TCS', 'ltp'), { code: 'KEY_REVOKED' });
  assert.equal(server.connections.length, 2);
});

test('a connection that another one has taken over is not fought for, and one that was idle opens when it is needed', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  (await server.connection(0)).close(4408, 'idle');
  await until('idleness', () => client.state === 'idle');
  const ltp = client.subscribe('NSE:RELIANCE', 'ltp');
  const second = await server.connection(1, 'subscribe');
  second.close(4409, 'session continued by another connection; do not reconnect');
  await assert.rejects(readAll(ltp), { code: 'SESSION_TAKEN' });
  assert.equal(client.state, 'closed');
});

test('a connection that was given up and reaches the server late takes the session from nobody for good', async (t) => {
  const server = await ScriptedServer.start(t);
  server.script = ({ action }) => (action === 'ping' ? [] : null);
  const { client } = openClient(t, server.url, { times: { quietMs: 20, answerMs: 200 } });
  await server.connection(0, 'ping');
  const second = await server.connection(1);
  server.script = () => null;
  second.close(4409, 'session continued by another connection; do not reconnect');
  const third = await server.connection(2);
  assert.notEqual(client.state, 'closed');
  third.close(4409, 'session continued by another connection; do not reconnect');
  await until('the end', () => client.state === 'closed');
});

test('a wrong key ends the client at once, and a server that is no Tickwire too', async (t) => {
  const server = await ScriptedServer.start(t);
  server.script = () => [{ status: 'error', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' }];
  const { client } = openClient(t, server.url);
  await assert.rejects(client.ready(), { name: 'TickwireError', code: 'AUTHENTICATION_ERROR' });
  assert.equal(server.connections.length, 1);
  server.script = () => [{ type: 'auth', status: 'success', broker: 'angel', user_id: 'demo' }];
  const other = openClient(t, server.url);
  await assert.rejects(other.client.ready(), { code: 'FEATURE_MISSING' });
});

test('a program that listens nowhere ends with the error that ended its client, and is warned of others', async (t) => {
  const server = await ScriptedServer.start(t);
  server.script = ({ action, symbols }) =>
    action === 'subscribe'
      ? [{ status: 'error', code: 'SUBSCRIPTION_LIMIT', message: `too many: ${JSON.stringify(symbols)}` }]
      : null;
  const module = new URL('../../../src/client/index.ts', import.meta.url);
  const program = `import { connect } from '${module}';
    connect({ url: '${server.url}', key: 'key' }).subscribe('NSE:TCS', 'ltp').on('tick', () => {});`;
  const own = new ExampleProcess(t, [process.execPath, '--input-type=module', '-e', program], {});
  await until('the warning', () => /^tickwire: SUBSCRIPTION_LIMIT: too many/m.test(own.errors));
  server.connections[0]!.close(4403, 'key revoked; do not reconnect with it');
  assert.equal(await own.ended(), 1);
  assert.match(own.errors, /code: 'KEY_REVOKED'/);
});

test('a server that repeats the key in its texts is not repeated', async (t) => {
  const server = await ScriptedServer.start(t);
  const key = 'a-key-that-nobody-shall-read';
  const { client, states, errors } = openClient(t, server.url, { key });
  const statuses: string[] = [];
  client.on('status', ({ reason }) => void statuses.push(reason));
  const ltp = client.subscribe('NSE:RELIANCE', 'ltp');
  await ltp.confirmed();
  const first = server.connections[0]!;
  const entry = { ...RELIANCE, mode: 1, status: 'error', code: 'NOT_ENTITLED', message: `not for ${key}` };
  server.script = ({ action }) =>
    action === 'subscribe' ? [{ type: 'subscribe', status: 'partial', subscriptions: [entry] }] : null;
  first.sendTogether(
    { type: 'feed_status', status: 'stale', reason: `said ${key}`, instruments: [RELIANCE] },
    { status: 'error', code: 'PROCESSING_ERROR', message: `${key} and ${key}` },
  );
  await until('the error', () => errors.length === 1);
  await assert.rejects(client.subscribe('NSE:RELIANCE', 'quote').confirmed());
  first.close(1011, `lost ${key}`);
  await until('the end', () => states.some(({ ended }) => ended !== null));
  const texts = [
    ...statuses,
    ...errors.map(({ message }) => message),
    states.find(({ ended }) => ended)!.ended!.reason,
  ];
  assert.deepEqual(texts, ['said [key]', '[key] and [key]', 'not for [key]', 'lost [key]']);
});

test('a missing broker session is waited for, and the program told', async (t) => {
  const server = await ScriptedServer.start(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isLoggedIn = false;
  server.script = ({ action }) =>
    action !== 'authenticate' || isLoggedIn
      ? null
      : [{ status: 'error', code: 'BROKER_ERROR', message: 'No broker configuration found for user' }];
  const { client, errors } = openClient(t, server.url);
  const waiting = new Promise<number>((resolve) => {
    client.on('state', ({ retryMs }) => (retryMs === null ? undefined : resolve(retryMs)));
  });
  const ms = await waiting;
  assert.ok(ms >= 3000 && ms < 4000, `${ms}`);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['BROKER_ERROR'],
  );
  isLoggedIn = true;
  t.mock.timers.tick(ms);
  await client.ready();
});

test('a server that falls silent is asked, and left when it does not answer', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client, states } = openClient(t, server.url, { times: { quietMs: 20, answerMs: 500 } });
  const first = await server.connection();
  await until('two questions', () => first.asked('ping').length > 1);
  assert.equal(client.state, 'open');
  server.script = ({ action }) => (action === 'ping' ? [] : null);
  await until('the second connection', () => server.connections.length > 1);
  const { reason } = states.find(({ state }) => state === 'waiting')!.ended!;
  assert.match(reason, /silent for \d+ ms/);
});

test('a message that cannot be read ends the connection, not the client', async (t) => {
  const server = await ScriptedServer.start(t);
  const { errors } = openClient(t, server.url);
  const odd = ['{"type": "market_data", ', `${'['.repeat(50_000)}${']'.repeat(50_000)}`];
  for (const [nth, text] of odd.entries()) (await server.connection(nth)).socket.send(text);
  server.script = ({ action }) =>
    action === 'authenticate' ? [{ status: 'error', code: { toString: 1 }, message: 1 }] : null;
  await server.connection(odd.length);
  await until('the errors', () => errors.length > odd.length);
  assert.deepEqual([...new Set(errors.map(({ code }) => code))], ['BAD_MESSAGE']);
});

test('a client that shall not reconnect ends with its connection, and one that is closed ends its loops without an error', async (t) => {
  const server = await ScriptedServer.start(t);
  const once = openClient(t, server.url, { reconnect: false });
  const ltp = once.client.subscribe('NSE:RELIANCE', 'ltp');
  (await server.connection(0, 'subscribe')).close(1011, 'keepalive ping timeout');
  await assert.rejects(readAll(ltp), { code: 'DISCONNECTED', message: /1011: keepalive/ });
  const other = openClient(t, server.url);
  const quote = other.client.subscribe('NSE:RELIANCE', 'ltp');
  const second = await server.connection(1, 'subscribe');
  second.send(scriptedTick(1));
  await until('the tick', () => quote.last !== null);
  other.client.close();
  assert.equal((await readAll(quote)).length, 1);
  await until('the end', () => second.isClosed);
});

test('a program is told of what it wrote wrongly where it wrote it', () => {
  const code = 'INVALID_OPTION';
  const good = { url: 'ws://127.0.0.1:1', key: 'key' };
  assert.throws(() => connect({ ...good, url: 'http://127.0.0.1:1' }), {
    code,
    message: /ws:\/\/ or wss:\/\//,
  });
  assert.throws(() => connect({ ...good, key: '' }), { code, message: /key is missing/ });
  assert.throws(() => connect(JSON.parse('{"url":"ws://a","key":"k","framing":"xml"}')), {
    code,
    message: /xml.*json or msgpack/,
  });
  assert.throws(() => connect(JSON.parse('{"url":"ws://a","key":"k","features":["speed"]}')), {
    code,
    message: /speed/,
  });
  const client = connect(good);
  client.on('error', () => undefined);
  assert.throws(() => client.subscribe('RELIANCE', 'ltp'), { code: 'INVALID_INSTRUMENT' });
  assert.throws(() => client.subscribe('NSE:TCS', 'ltp', { maxRate: 0 }), { code, message: /0.01 to 1000/ });
  assert.throws(() => client.subscribe('NSE:TCS', 'ltp', { levels: 20 }), { code, message: /use depth/ });
  assert.throws(() => client.subscribe('NSE:TCS', 'depth', { levels: 7 }), { code, message: /5 or 20/ });
  client.subscribe('NSE:TCS', 'ltp', { maxRate: 5 });
  assert.throws(() => client.subscribe('NSE:TCS', 'ltp'), { code: 'CONFLICTING_TERMS' });
  client.close();
  assert.throws(
    () => client.subscribe('NSE:TCS', 'quote'),
    (error) => error instanceof TickwireError && error.code === 'CLOSED',
  );
});

/** What an operator sees of an engine with clients, and what a key lets him do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { ClientView } from '../../src/main/ops/engine-view.ts';
import { LogTail } from '../../src/main/ops/log-tail.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { LiveDashboard } from '../support/live-dashboard.ts';
import { readMetrics } from '../support/metrics-page.ts';
import { until } from '../support/until.ts';

const VIEWER_KEY = 'a key that may only look';

test('an operator sees who gets which ticks, and disconnects a client', async (t) => {
  const logTail = new LogTail();
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    logTail.write(line);
  };
  const fixture = await startEngineFixture(t, {
    flags: ['--ops-port=0', `--viewer-key=${VIEWER_KEY}`],
    log: pino({ level: 'info', base: null }, { write }),
    logTail,
  });
  const { exchange, started, key: demoKey } = fixture;
  const { url, link } = started.dashboard!;
  const key = decodeURIComponent(new URL(link).hash.slice('#key='.length));
  let isOpen = true;
  const timer = setInterval(() => isOpen && exchange.step(), 50);
  t.after(() => clearInterval(timer));
  const trader = await fixture.client({ framing: 'msgpack' });
  await trader.subscribe('NSE', 'RELIANCE');
  const operator = await LiveDashboard.open(t, url, key);

  await t.test('numbers move with the ticks, and the page knows what to watch', async () => {
    const welcome = await operator.message('welcome');
    assert.equal(welcome.rights, 'admin');
    assert.equal((welcome.page as { demoKey: string }).demoKey, demoKey);
    const view = await operator.view(
      'ticks in the view',
      ({ rates, hops, upstreams, segments, topInstruments, clients }) =>
        Math.min(rates.ticksPerSecond, rates.deliveriesPerSecond) > 1 &&
        (upstreams[0]?.ticksPerSecond ?? 0) > 1 &&
        (segments[0]?.ticksPerSecond ?? 0) > 1 &&
        segments[0]?.delayMs != null &&
        (segments[0]?.lastTickAgeMs ?? Number.POSITIVE_INFINITY) < 2000 &&
        hops.receive_to_send !== null &&
        topInstruments[0]?.clients === 1 &&
        clients.total === 1,
    );
    const [upstream] = view.upstreams;
    assert.deepEqual(
      [upstream?.broker, upstream?.account, upstream?.state, upstream?.instruments],
      ['angel', 'demo', 'live', 1],
    );
    const { broker, account, exchange: name, delayMs } = view.segments[0]!;
    assert.deepEqual([broker, account, name], ['angel', 'demo', 'NSE']);
    assert.ok(delayMs !== null && delayMs.p99 >= delayMs.p50);
    assert.ok(view.hops.receive_to_send!.count > 0);
    assert.deepEqual([view.topInstruments[0]?.symbol, view.topInstruments.length], ['RELIANCE', 1]);
    assert.deepEqual(view.ready, { ok: true, reasons: [] });
    assert.equal(view.host.clientUrl, fixture.wsUrl.replace(/\/$/, ''));
    assert.ok(view.threads.some(({ name }) => name === 'operator'));
  });

  await t.test('each client is listed as it is, with what it was sent', async () => {
    const bytes = trader.received.reduce((sum, each) => sum + each.bytes.length, 0);
    const [row] = await operator.clients('a client in the list', (list) => list.length === 1);
    assert.match(row!.id, /^1-\d+$/);
    assert.deepEqual(
      [row!.address, row!.user, row!.keyId, row!.framing, row!.subscriptions, row!.slow, row!.conflated],
      ['127.0.0.1', 'demo', 'openalgo:demo', 'msgpack', 1, false, 0],
    );
    assert.ok(row!.sentBytes! >= bytes / 2, `${row!.sentBytes} of ${bytes}`);
    const from = operator.received.length;
    await until('a list that comes by itself, with more', () =>
      operator.received.slice(from).some(({ type, clients }) => {
        const [next] = type === 'clients' ? (clients as readonly ClientView[]) : [];
        return next !== undefined && next.sentBytes! > row!.sentBytes!;
      }),
    );
  });

  await t.test('who came late to a stream was sent less than who was there before', async () => {
    const join = async () => {
      const client = await fixture.client({ framing: 'msgpack' });
      await client.subscribe('NSE', 'RELIANCE');
      return client;
    };
    const early = await join();
    await until('some ticks', () => early.ticks('RELIANCE').length > 20);
    // However long the list takes, nothing more is sent to the one that came late.
    isOpen = false;
    const late = await join();
    const rows = await operator.clients('all clients', (clients) => clients.length === 3);
    isOpen = true;
    const bytes = rows.map((row) => row.sentBytes!).sort((one, other) => other - one);
    assert.ok(bytes[2]! < bytes[1]! / 2, bytes.join());
    for (const client of [early, late]) client.terminate();
    await operator.clients('the first client alone', (clients) => clients.length === 1);
  });

  await t.test('the log comes as it is written, and has no key in it', async () => {
    const soFar = await operator.ask({ do: 'log', last: 1000 }, 'log');
    const messages = (soFar.lines as { message: string }[]).map(({ message }) => message);
    assert.ok(messages.includes('engine started'), messages.join());
    const from = operator.received.length;
    operator.say({ do: 'disconnect', id: '1-999999' });
    await until('its line', () =>
      operator.received
        .slice(from)
        .some(
          ({ type, lines }) =>
            type === 'log' && /the operator disconnects a client.*1-999999/.test(JSON.stringify(lines)),
        ),
    );
    assert.doesNotMatch(lines.join(), new RegExp([key, demoKey, VIEWER_KEY].join('|')));
  });

  await t.test('the configuration is shown with its sources, and no secret', async () => {
    const { options } = await operator.ask({ do: 'config' }, 'config');
    const rows = new Map((options as { name: string }[]).map((row) => [row.name, row]));
    assert.partialDeepStrictEqual(rows.get('TICKWIRE_OPS_PORT'), { value: '0', source: 'flag' });
    assert.partialDeepStrictEqual(rows.get('TICKWIRE_VIEWER_KEY'), { value: '(set)', source: 'flag' });
    assert.partialDeepStrictEqual(rows.get('TICKWIRE_ADMIN_KEY'), { value: 'not set', source: 'default' });
    assert.doesNotMatch(JSON.stringify(options), new RegExp(VIEWER_KEY));
  });

  await t.test('who may only look sees the same, and disconnects nobody', async () => {
    const viewer = await LiveDashboard.open(t, url, VIEWER_KEY);
    assert.equal((await viewer.message('welcome')).rights, 'viewer');
    const [row] = await viewer.clients('the client', (list) => list.length === 1);
    const refusal = await viewer.ask({ do: 'disconnect', id: row!.id }, 'error');
    assert.deepEqual([refusal.code, refusal.do], ['ADMIN_ONLY', 'disconnect']);
    const { total, subscriptions } = await viewer.ask({ do: 'subscriptions', id: row!.id }, 'subscriptions');
    const plain = { levels: null, maxRate: null, slow: null, conflated: false };
    assert.deepEqual(
      [total, subscriptions],
      [1, [{ exchange: 'NSE', symbol: 'RELIANCE', mode: 2, ...plain }]],
    );
    const missing = await viewer.ask({ do: 'subscriptions', id: '1-999999' }, 'error');
    assert.deepEqual([missing.code, missing.do], ['CLIENT_NOT_FOUND', 'subscriptions']);
    const { at: before } = await viewer.view('the present', () => true);
    await viewer.view('a later view', ({ clients, at }) => at > before && clients.total === 1);
    assert.equal(trader.closed, null);
  });

  await t.test('what is no request is answered, and the connection goes on', async () => {
    for (const message of [
      {},
      { do: 'reboot' },
      { do: { toString: 1 } },
      { do: 'clients', limit: -1 },
      { do: 'disconnect', id: 7 },
      { do: 'subscriptions' },
    ]) {
      assert.equal((await operator.ask(message, 'error')).code, 'REQUEST_INVALID');
    }
    const from = operator.received.length;
    operator.socket.send('no JSON');
    await until('an answer', () =>
      operator.received.slice(from).some(({ code }) => code === 'REQUEST_INVALID'),
    );
  });

  await t.test('whoever asks without end is told to wait, and keeps the engine from nothing', async () => {
    const eager = await LiveDashboard.open(t, url, VIEWER_KEY);
    for (let i = 0; i < 100; i++) eager.say({ do: 'log', last: 1000 });
    await until('a refusal', () => eager.received.some(({ code }) => code === 'TOO_MANY_REQUESTS'));
    const { at: before } = await operator.view('the present', () => true);
    const { at } = await operator.view('the next view of others', (view) => view.at > before);
    await eager.view('what comes', (view) => view.at > at);
    assert.ok(eager.received.filter(({ type }) => type === 'log').length < 50);
    eager.socket.terminate();
  });

  await t.test('the operator disconnects a client, which learns by whom, and the others stay', async () => {
    const other = await fixture.client();
    const list = await operator.clients('both clients', (clients) => clients.length === 2);
    const { id } = list.find(({ framing }) => framing === 'msgpack')!;
    const done = await operator.ask({ do: 'disconnect', id }, 'done');
    assert.deepEqual([done.do, done.id], ['disconnect', id]);
    assert.deepEqual(await trader.untilClosed(), { code: 4410, reason: 'disconnected by the operator' });
    await operator.clients('the other client alone', (clients) => clients.length === 1);
    assert.equal((await operator.ask({ do: 'disconnect', id }, 'error')).code, 'CLIENT_NOT_FOUND');
    assert.equal(other.closed, null);
  });

  await t.test(
    'where a broker is real the key that is on the page of clients opens nothing, and who is turned away or disconnected is counted',
    async () => {
      assert.equal(started.dashboard?.isDemo, false);
      const neighbour = await LiveDashboard.connect(t, url);
      neighbour.say({ key: demoKey });
      assert.deepEqual(await neighbour.untilClosed(), { code: 4401, reason: 'WRONG_KEY' });
      await until('the counts of both', async () => {
        const page = await readMetrics(fixture.engine.metrics);
        const refused = page.value('tickwire_operator_refusals_total', { reason: 'wrong_keys' });
        return page.value('tickwire_client_disconnects_total', { reason: 'operator' }) === 1 && refused === 1;
      });
    },
  );

  await t.test('a wrong key is told nothing, late, and no more than that it is wrong', async () => {
    const stranger = await LiveDashboard.connect(t, url);
    const from = performance.now();
    stranger.say({ key: 'guessed' });
    assert.equal((await stranger.untilClosed()).code, 4401);
    assert.ok(performance.now() - from >= 900);
    assert.deepEqual(
      stranger.received.map(({ type, code }) => [type, code]),
      [['error', 'WRONG_KEY']],
    );
    assert.match(lines.join(), /somebody presented a wrong key/);
  });

  await t.test('the engine stops while dashboards are open, which learn that it goes away', async () => {
    await fixture.engine.stop();
    assert.equal((await operator.untilClosed()).code, 1001);
  });
});

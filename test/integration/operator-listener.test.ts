/** The operator's listener against strangers, and through its own life: what it serves to whom, and that it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { pino } from 'pino';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { LiveDashboard } from '../support/live-dashboard.ts';
import { ADMIN_KEY, createOperatorScene } from '../support/operator-scene.ts';
import { writeTlsFiles } from '../support/tls-files.ts';
import { TEST_TLS } from '../support/tls-identity.ts';
import { until } from '../support/until.ts';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A request with headers that `fetch` would not send. */
async function get(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  options: RequestOptions = {},
): Promise<Answer> {
  const sent = request(url, { headers, agent: false, signal: AbortSignal.timeout(10_000), ...options }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

test('on an address of this host', async (t) => {
  const { listener } = createOperatorScene(t, { port: await adjacentPorts() });
  await listener.start();
  listener.open('ws://127.0.0.1:8765', null);
  const { url } = listener.address!;
  const at = (path: string) => new URL(path, url).href;

  await t.test('programs of this host read metrics and health without a key', async () => {
    for (const path of ['/metrics', '/healthz', '/readyz']) {
      assert.deepEqual((await get(at(path))).body, `the page ${path}`);
    }
  });

  await t.test('the page and its charts are served, and nothing that is not of it', async () => {
    const page = await get(url);
    assert.match(page.body, /<html/);
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.match(policy, /connect-src 'self' ws:\/\/127\.0\.0\.1:\d+ ws:\/\/127\.0\.0\.1:8765;/);
    assert.match((await get(at('/uplot/uPlot.iife.min.js'))).body, /uPlot/);
    for (const path of ['/client-page.html', '/..%2fpackage.json', '/package.json']) {
      assert.equal((await get(at(path))).status, 404, path);
    }
  });

  await t.test('a name that a stranger made stand for this address is not served', async () => {
    const { host } = new URL(url);
    const port = host.split(':')[1];
    for (const name of [`evil.example:${port}`, `127.0.0.1.evil.example:${port}`]) {
      for (const path of ['/', '/metrics', '/readyz']) {
        assert.equal((await get(at(path), { host: name })).status, 421, `${name} ${path}`);
      }
      await assert.rejects(LiveDashboard.connect(t, url, { headers: { host: name } }), /403/);
    }
    assert.equal((await get(at('/healthz'), { host: `localhost:${port}` })).status, 200);
  });

  await t.test(
    'what watches services with HEAD reads the same without a body, and its connection goes on',
    async (t) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      for (const path of ['/healthz', '/', '/nowhere']) {
        const [head, whole] = [
          await get(at(path), {}, { method: 'HEAD', agent }),
          await get(at(path), {}, { agent }),
        ];
        assert.deepEqual([head.status, head.body], [whole.status, '']);
      }
    },
  );

  await t.test('a page of another site does not open the WebSocket, that of this address does', async () => {
    for (const origin of ['https://evil.example', 'null', url.replace(/\/$/, '').replace('http', 'https')]) {
      await assert.rejects(LiveDashboard.connect(t, url, { headers: { origin } }), /403/, origin);
    }
    const own = await LiveDashboard.connect(t, url, { headers: { origin: url.replace(/\/$/, '') } });
    own.say({ key: ADMIN_KEY });
    await own.message('welcome');
  });

  await t.test('a thread that fails is started again on its port, and knows what there was', async () => {
    const before = await LiveDashboard.open(t, url, ADMIN_KEY);
    await before.view('a second view', ({ at: seen }) => seen > 0);
    listener.worker.post({ type: 'nonsense' } as never);
    await before.untilClosed();
    const after = await until('the thread that took its place', () =>
      LiveDashboard.open(t, url, ADMIN_KEY).catch(() => null),
    );
    const { history } = await after.message('welcome');
    assert.ok((history as unknown[]).length >= 1);
    await after.view('a view', ({ host }) => host.pid === process.pid);
  });
});

test('where other hosts reach it, metrics want a key, and guessing is slow', async (t) => {
  const { listener, lines } = createOperatorScene(t, {
    flags: ['--ops-host=0.0.0.0', '--websocket-allow-plain'],
  });
  await listener.start();
  listener.open(null, null);
  const { url } = listener.address!;
  const metrics = (authorization?: string) =>
    get(new URL('/metrics', url).href, authorization === undefined ? {} : { authorization });
  const refused = await metrics();
  assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Bearer realm="tickwire"']);
  assert.equal((await metrics(`Bearer ${ADMIN_KEY}`)).body, 'the page /metrics');
  assert.equal((await get(new URL('/healthz', url).href)).status, 200);
  // How many are looked at depends on the time that they take; one more is each 2 s.
  const guess = async () => (await metrics('Bearer a guess')).status;
  await until('a guess that is not looked at', async () => {
    const status = await guess();
    assert.ok(status === 401 || status === 429, `${status}`);
    return status === 429;
  });
  await until('a line of the log', () => lines.some((line) => line.includes('presented a wrong key')));
  const turnedAway = await until('a dashboard that is not looked at either', async () => {
    while ((await guess()) !== 429);
    const paced = await LiveDashboard.connect(t, url);
    paced.say({ key: 'another guess' });
    const closed = await paced.untilClosed();
    return closed.code === 4429 && closed;
  });
  assert.equal(turnedAway.reason, 'TOO_MANY_ATTEMPTS');
  // This key was right here before somebody guessed.
  await LiveDashboard.open(t, url, ADMIN_KEY);
});

test('other hosts reach it over TLS with the certificate of the clients, and not at all without one', async (t) => {
  const host = '--ops-host=0.0.0.0';
  assert.throws(() => createOperatorScene(t, { flags: [host] }), {
    code: 'CONFIG_INVALID',
    message: /^TICKWIRE_OPS_HOST is 0\.0\.0\.0, which other hosts may reach, and there is no certificate/,
  });
  const { listener } = createOperatorScene(t, { flags: [host, ...writeTlsFiles(t, TEST_TLS).flags] });
  await listener.start();
  listener.open('wss://127.0.0.1:8765', null);
  const { url } = listener.address!;
  assert.match(url, /^https:/);
  const operator = await LiveDashboard.connect(t, url, {
    ca: TEST_TLS.cert,
    headers: { origin: new URL(url).origin },
  });
  operator.say({ key: ADMIN_KEY });
  assert.equal((await operator.message('welcome')).rights, 'admin');
  await assert.rejects(LiveDashboard.connect(t, url.replace('https', 'http'), {}));
});

test('many who scrape at once are all answered, and who comes later reads what is true then', async (t) => {
  let asked = 0;
  const { listener } = createOperatorScene(t, {
    page: async () => ({ status: 200, contentType: 'text/plain', body: `answer ${++asked}` }),
  });
  await listener.start();
  const { href } = new URL('/metrics', listener.address!.url);
  const answers = await Promise.all(Array.from({ length: 40 }, () => get(href)));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.ok(asked < answers.length, `${asked} questions`);
  const before = asked;
  assert.equal((await get(href)).body, `answer ${before + 1}`);
});

test('sockets are bounded, so that strangers take no descriptors that clients need, and health has places of its own', async (t) => {
  const { listener, lines } = createOperatorScene(t);
  await listener.start();
  listener.open(null, null);
  const { url } = listener.address!;
  const { hostname, port } = new URL(url);
  // A dashboard that has gone leaves its place.
  for (let i = 0; i < 20; i++) {
    const passing = await LiveDashboard.open(t, url, ADMIN_KEY);
    passing.socket.close();
    await passing.untilClosed();
  }
  const idle = Array.from({ length: 200 }, () => connect(Number(port), hostname).on('error', () => {}));
  t.after(() => {
    for (const socket of idle) socket.destroy();
  });
  const open = () => idle.filter(({ closed, readyState }) => !closed && readyState === 'open').length;
  await until('the end of those beyond', () => open() === 64);
  await until('a word of it', () => lines.some((line) => line.includes('"connections":64')));
  for (const socket of idle) socket.destroy();
  const isServed = () => get(new URL('/healthz', url).href).then(({ status }) => status === 200);
  await until('places that are free again', () => isServed().catch(() => false));
  const dashboards: LiveDashboard[] = [];
  for (let i = 0; i < 48; i++) dashboards.push(await LiveDashboard.open(t, url, ADMIN_KEY));
  await assert.rejects(LiveDashboard.connect(t, url), /503/);
  assert.ok(await isServed());
});

test('a list of clients that cannot be made is logged once, and ends nothing', async (t) => {
  const { listener, lines } = createOperatorScene(t, {
    running: () => {
      throw new Error('no list today');
    },
  });
  await listener.start();
  listener.open(null, null);
  const dashboard = await LiveDashboard.open(t, listener.address!.url, ADMIN_KEY);
  const troubles = () => lines.filter((line) => line.includes('no list today')).length;
  await until('a word of it', troubles);
  const { at } = await dashboard.view('a view', () => true);
  // Within these another list was asked for.
  await dashboard.view('later views', (view) => view.at > at + 2000);
  assert.equal(troubles(), 1);
});

test('an engine whose main thread stands still is not called healthy', async (t) => {
  const { listener } = createOperatorScene(t, { page: () => new Promise(() => {}) });
  await listener.start();
  const { status, body } = await get(new URL('/healthz', listener.address!.url).href);
  assert.equal(status, 503);
  assert.match(JSON.parse(body).reasons[0], /^MAIN_SILENT: /);
});

test('a port that is taken is left to who has it, and the log says which one it is instead', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { listener, lines } = createOperatorScene(t, { port });
  await listener.start();
  const next = Number(new URL(listener.address!.url).port);
  assert.ok(next > port);
  assert.match(lines.join(), new RegExp(`"port":${port},"next":${next}`));
});

test('an address that cannot be bound keeps no tick waiting: the log names it, and it is tried until it can be', async (t) => {
  const { listener: away, lines: ofAway } = createOperatorScene(t, {
    flags: ['--ops-host=203.0.113.1', '--websocket-allow-plain'],
    port: 8770,
  });
  await away.start();
  assert.equal(away.address, null);
  assert.match(
    ofAway.join(),
    /TICKWIRE_OPS_PORT is 203\.0\.113\.1:8770, but it cannot be bound \(EADDRNOTAVAIL\)/,
  );
  await away.stop();

  const port = 65_535; // There is none behind it.
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const { listener, lines } = createOperatorScene(t, { port });
  await listener.start();
  assert.equal(listener.address, null);
  assert.match(lines.join(), /127\.0\.0\.1:65535, but .* are not free either/);
  listener.open(null, null);
  other.close();
  const { url } = await until('an address', () => listener.address);
  await LiveDashboard.open(t, url, ADMIN_KEY);
});

test('an engine whose dashboard cannot be served starts, serves its clients, and warns', async (t) => {
  const lines: string[] = [];
  const log = pino({ level: 'warn', base: null }, { write: (line: string) => void lines.push(line) });
  const flags = ['--ops-host=203.0.113.1', '--ops-port=8770', '--websocket-allow-plain'];
  const { engine, started, client } = await startEngineFixture(t, { flags, log });
  assert.deepEqual([started.dashboard, engine.dashboard], [null, null]);
  assert.match(lines.join(), /"level":40.*EADDRNOTAVAIL.*TICKWIRE_OPS_PORT=none/);
  await client();
});

test('a port that the system chose is kept when the thread is started again', async (t) => {
  const { listener } = createOperatorScene(t);
  await listener.start();
  listener.open(null, null);
  const { url } = listener.address!;
  const before = await LiveDashboard.open(t, url, ADMIN_KEY);
  listener.worker.post({ type: 'nonsense' } as never);
  await before.untilClosed();
  await until('the thread that took its place', () =>
    LiveDashboard.open(t, url, ADMIN_KEY).catch(() => null),
  );
});

test('it stops in every state of its life, and leaves no thread behind', async (t) => {
  const idle = createOperatorScene(t).listener;
  await idle.stop();
  const starting = createOperatorScene(t).listener;
  const start = starting.start().catch(() => {});
  await starting.stop();
  await start;
  const listening = createOperatorScene(t).listener;
  await listening.start();
  await listening.stop();
  const failing = createOperatorScene(t).listener;
  await failing.start();
  failing.open(null, null);
  failing.worker.post({ type: 'nonsense' } as never);
  await until('the end of the thread', () => !failing.worker.isRunning);
  await failing.stop();
  const watched = createOperatorScene(t).listener;
  await watched.start();
  watched.open(null, null);
  const asking = get(new URL('/metrics', watched.address!.url).href).catch(() => {});
  const dashboard = await LiveDashboard.open(t, watched.address!.url, ADMIN_KEY);
  await watched.stop();
  assert.equal((await dashboard.untilClosed()).code, 1001);
  await asking;
  for (const { worker } of [idle, starting, listening, failing, watched])
    assert.equal(worker.isRunning, false);
});

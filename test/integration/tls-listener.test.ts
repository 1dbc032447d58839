/** Clients that come over TLS, with a certificate of their own making. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { loadConfig } from '../../src/main/config.ts';
import { ProxyHost } from '../../src/main/proxy-host.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { writeTlsFiles } from '../support/tls-files.ts';
import { STRANGER_TLS, TEST_TLS } from '../support/tls-identity.ts';
import { until } from '../support/until.ts';

const TRUST = { ca: TEST_TLS.cert };

async function page(url: string, options: RequestOptions = TRUST): Promise<string> {
  const [answer] = (await once(get(url, { ...options, agent: false }), 'response')) as [IncomingMessage];
  assert.equal(answer.statusCode, 200);
  return text(answer);
}

function startEngine(t: TestContext) {
  return startEngineFixture(t, { flags: writeTlsFiles(t, TEST_TLS).flags });
}

test('a JSON client over wss gets ticks, and the printed address is that of the page over https', async (t) => {
  const { started, wsUrl, exchange, client } = await startEngine(t);
  assert.match(started.url!, /^https:/);
  assert.match(wsUrl, /^wss:/);
  assert.match(await page(started.url!), /<title>Tickwire<\/title>/);
  const trader = await client(TRUST);
  assert.equal((await trader.subscribe('NSE', 'RELIANCE')).status, 'success');
  await until('a tick', () => {
    exchange.step();
    return trader.ticks('RELIANCE').length > 0;
  });
});

test('who does not trust the certificate does not come through', async (t) => {
  const { started, client } = await startEngine(t);
  await assert.rejects(client({ ca: STRANGER_TLS.cert }), /self-signed certificate/);
  await assert.rejects(page(started.url!, {}), /self-signed certificate/);
});

test('a client without TLS is turned away at once, and those with it notice nothing', async (t) => {
  const { wsUrl, exchange, client } = await startEngine(t);
  const trader = await client(TRUST);
  await trader.subscribe('NSE', 'RELIANCE');
  const plain = new WebSocket(wsUrl.replace('wss:', 'ws:'));
  const [error] = (await once(plain, 'error')) as [Error];
  assert.match(error.message, /socket hang up|ECONNRESET/);
  // Also one that says nothing that looks like a handshake.
  const bare = connect(Number(new URL(wsUrl).port), '127.0.0.1');
  bare.on('error', () => {});
  bare.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  bare.resume();
  await once(bare, 'close');
  const before = trader.ticks().length;
  await until('a tick', () => {
    exchange.step();
    return trader.ticks().length > before;
  });
});

test('TLS before 1.2 is refused by the listener, whatever the client would settle for', async (t) => {
  const { wsUrl } = await startEngine(t);
  const port = Number(new URL(wsUrl).port);
  const handshake = async (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') => {
    // Node.js itself would offer no more than 1.2 and later.
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const socket = connectTls({ port, host: '127.0.0.1', ...TRUST, ...old });
    await once(socket, 'secureConnect');
    const protocol = socket.getProtocol();
    socket.destroy();
    return protocol;
  };
  await assert.rejects(handshake('TLSv1.1'), /alert protocol version/);
  assert.equal(await handshake('TLSv1.2'), 'TLSv1.2');
  assert.equal(await handshake('TLSv1.3'), 'TLSv1.3');
});

test('a proxy host serves its page over https', async (t) => {
  const cwd = temporaryDirectory(t);
  const argv = [
    '--websocket-port=0',
    '--ops-port=none',
    '--feeds=tcp://127.0.0.1:9',
    ...writeTlsFiles(t, TEST_TLS).flags,
  ];
  const { config } = loadConfig({ argv, env: {}, cwd });
  const onFatal = (code: string) => assert.fail(code);
  const host = new ProxyHost({ config, cwd, log: pino({ level: 'silent' }), onFatal });
  t.after(() => host.stop());
  const { url } = await host.start();
  assert.match(url, /^https:/);
  assert.match(await page(url), /<title>Tickwire<\/title>/);
});

for (const command of ['start', 'proxy']) {
  test(`${command} with the key of another certificate ends with 78 and names both options`, async (t) => {
    const { certFile } = writeTlsFiles(t, TEST_TLS);
    const { keyFile } = writeTlsFiles(t, STRANGER_TLS);
    const flags = [`--tls-cert=${certFile}`, `--tls-key=${keyFile}`, '--websocket-port=0'];
    const { code, stderr } = await runCli([command, ...flags], { cwd: temporaryDirectory(t) });
    assert.equal(code, 78);
    assert.match(stderr, /^tickwire: CONFIG_INVALID: TICKWIRE_TLS_KEY is .* TICKWIRE_TLS_CERT/m);
  });
}

/** What is below the messages: addresses, handshakes, plain HTTP, and the close of the engine. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { resetSocket } from '../../src/main/simulator/reset-socket.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { AMIBROKER_KEY, OPCODE, RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

test('transport', async (t) => {
  const { client, wsUrl, key, started, engine } = await startEngineFixture(t);
  const steady = await client();

  await t.test('C-01 any path, query and origin is accepted, without a sub-protocol', async () => {
    for (const path of ['/', '/ws', '/any/path?x=1&y=%20', '/page.json', '/index.html']) {
      for (const origin of [undefined, 'https://elsewhere.example', 'null']) {
        const socket = new WebSocket(wsUrl.replace(/\/$/, '') + path, origin === undefined ? {} : { origin });
        await once(socket, 'open');
        assert.equal(socket.protocol, '', path);
        socket.send('{"action": "ping"}');
        const [data] = (await once(socket, 'message')) as [Buffer];
        assert.match(data.toString(), /^\{"type": "pong"/);
        socket.terminate();
      }
    }
  });

  await t.test('a client without extensions reads the deployed handshake and auth answer', async () => {
    const raw = await RawClient.connect(wsUrl, '/', AMIBROKER_KEY);
    t.after(() => raw.socket.destroy());
    assert.match(raw.head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(raw.head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
    assert.doesNotMatch(raw.head, /sec-websocket-(protocol|extensions)/i);
    await raw.ask({ action: 'authenticate', api_key: key }, '"status": "success"');
    assert.ok(raw.frames().every(({ payload }) => payload.length < 1024));
  });

  await t.test("a client's protocol ping is answered with its payload", async () => {
    steady.socket.ping('are you there');
    const [payload] = (await once(steady.socket, 'pong')) as [Buffer];
    assert.equal(payload.toString(), 'are you there');
  });

  await t.test('C-02 a browser gets the page, and everything else over HTTP is told to upgrade', async () => {
    const page = await fetch(started.url!);
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
    assert.match(await page.text(), /<html/i);
    const data = await fetch(`${started.url}page.json`);
    assert.equal(data.headers.get('access-control-allow-origin'), null, 'other sites cannot read the key');
    assert.equal(((await data.json()) as { demoKey: string }).demoKey, key);
    for (const [path, method] of [
      ['ws', 'GET'],
      ['favicon.ico', 'GET'],
      ['', 'POST'],
      ['page.json', 'DELETE'],
    ] as const) {
      const response = await fetch(started.url + path, { method });
      assert.deepEqual([response.status, response.headers.get('upgrade')], [426, 'websocket'], path);
      assert.match(await response.text(), /speaks WebSocket/);
    }
  });

  await t.test('connections that never speak WebSocket harm nobody', async () => {
    const { hostname, port } = new URL(wsUrl);
    for (const bytes of ['', 'GET / HTTP/1.1\r\nHost', '\x16\x03\x01\x02\x00garbage', 'x'.repeat(100_000)]) {
      for (let i = 0; i < 5; i++) {
        const socket = connect(Number(port), hostname);
        socket.on('error', () => {});
        await once(socket, 'connect');
        if (bytes !== '') socket.write(bytes);
        if (i % 2 === 0) resetSocket(socket);
        else socket.destroy();
      }
    }
    assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
  });

  await t.test('a text frame that is no UTF-8, or not masked, ends that connection alone', async () => {
    for (const frame of [
      Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]),
      Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
    ]) {
      const raw = await RawClient.connect(wsUrl);
      raw.socket.write(frame);
      await until('the end of the connection', () => raw.isClosed);
    }
    assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
  });

  await t.test('an engine that stops says so to its clients', async () => {
    const raw = await RawClient.connect(wsUrl);
    await engine.stop();
    assert.deepEqual(await steady.untilClosed(), { code: 1001, reason: 'going away' });
    await until('the end of the raw connection', () => raw.isClosed);
    assert.deepEqual(raw.closeFrame(), { code: 1001, reason: 'going away' });
    assert.ok(raw.frames().every(({ opcode }) => opcode === OPCODE.CLOSE));
  });
});

/** The socket to a broker, against a server of which each byte is written by hand. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { openUpstreamSocket } from '../../src/workers/feed/upstream-socket.ts';
import { frame } from '../support/frame-scene.ts';
import { until } from '../support/until.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

interface Scene {
  readonly client: WebSocket;
  readonly transport: Socket;
  /** The whole answer to the client's handshake. */
  readonly answer: Buffer;
  /** Messages, in their order. */
  readonly messages: string[];
  /** All that the client sent behind its handshake. */
  readonly sent: Buffer[];
  /** Writes chunk by chunk, each of which the client has read before the next. */
  write(...chunks: readonly Buffer[]): Promise<void>;
}

async function scene(t: TestContext): Promise<Scene> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const server = createServer(resolve);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const messages: string[] = [];
  const client = openUpstreamSocket(
    { url: `ws://127.0.0.1:${port}/stream?a=b`, headers: { 'x-token': 'abc' } },
    {
      onRead: () => {},
      onMessage: (bytes, offset, length, isBinary) =>
        void messages.push(`${isBinary ? 'b' : 't'}${bytes.toString('latin1', offset, offset + length)}`),
    },
  );
  client.on('error', () => {});
  const transport = await promise;
  transport.setNoDelay(true);
  transport.on('error', () => {});
  t.after(() => {
    client.terminate();
    transport.destroy();
    server.close();
  });
  const sent: Buffer[] = [];
  let request = '';
  await new Promise<void>((done) => {
    transport.on('data', (data) => {
      if (request.endsWith('\r\n\r\n')) sent.push(data);
      else request += data.toString('latin1');
      if (request.endsWith('\r\n\r\n')) done();
    });
  });
  assert.match(request, /^GET \/stream\?a=b HTTP\/1\.1\r\n/);
  assert.match(request, /\r\nx-token: abc\r\n/i);
  const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? '';
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const answer = Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const write = async (...chunks: readonly Buffer[]) => {
    for (const chunk of chunks) {
      await new Promise<void>((done) => transport.write(chunk, () => done()));
      for (let turn = 0; turn < 3; turn++) await nextTurn();
    }
  };
  return { client, transport, answer, messages, sent, write };
}

const text = (payload: string) => frame(0x81, Buffer.from(payload));
const binary = (payload: string) => frame(0x82, Buffer.from(payload));

test('frames that come with the answer to the handshake, or cut it anywhere, are all received', async (t) => {
  const frames = Buffer.concat([binary('one'), frame(0x89, Buffer.from('p')), text('two')]);
  const { length } = (await scene(t)).answer;
  const cuts = [0, 10, length - 3, length - 2, length - 1, length, length + 1, length + 3, length + 9];
  for (const at of cuts) {
    const { answer, write, messages } = await scene(t);
    const all = Buffer.concat([answer, frames]);
    await write(all.subarray(0, at), all.subarray(at));
    await until('both messages', () => messages.length === 2);
    assert.deepEqual(messages, ['bone', 'ttwo'], `cut at ${at}`);
  }
});

test('an answer and frames that come byte by byte are received', async (t) => {
  const { answer, write, messages } = await scene(t);
  const all = Buffer.concat([answer, binary('one'), text('two'), binary('three')]);
  await write(...Array.from(all, (_, i) => all.subarray(i, i + 1)));
  await until('the messages', () => messages.length === 3);
  assert.deepEqual(messages, ['bone', 'ttwo', 'bthree']);
});

test('a server that says something before its answer is understood', async (t) => {
  const { answer, write, messages } = await scene(t);
  await write(
    Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'), answer, binary('one')]),
  );
  await until('the message', () => messages.length === 1);
});

test('a ping between messages is answered, and messages in parts keep their place among the others', async (t) => {
  const { answer, write, messages, sent } = await scene(t);
  const parts = [
    frame(0x02, Buffer.from('par')),
    frame(0x89, Buffer.from('hello')),
    frame(0x80, Buffer.from('ted')),
  ];
  await write(answer, Buffer.concat([binary('before'), ...parts, binary('after')]));
  await until('the messages', () => messages.length === 3);
  assert.deepEqual(messages, ['bbefore', 'bparted', 'bafter']);
  await until('the pong', () => sent.length > 0);
  assert.equal(sent[0]![0], 0x8a);
});

test('a message that is longer than any read is received whole, between its neighbours', async (t) => {
  const { answer, write, messages } = await scene(t);
  const long = Buffer.alloc(700_000, 'x');
  await write(answer, Buffer.concat([binary('before'), frame(0x82, long), binary('after')]));
  await until('the messages', () => messages.length === 3);
  assert.deepEqual([messages[0], messages[2]], ['bbefore', 'bafter']);
  assert.equal(messages[1], `b${long}`);
});

test('a flood that fills every read comes whole and in order', async (t) => {
  const { answer, transport, messages, write } = await scene(t);
  await write(answer);
  const wanted = Array.from({ length: 20_000 }, (_, i) => `${i}:`.padEnd(20 + ((i * 31) % 400), '.'));
  transport.write(Buffer.concat(wanted.map(binary)));
  await until('the flood', () => messages.length === wanted.length);
  assert.deepEqual(
    messages,
    wanted.map((payload) => `b${payload}`),
  );
});

describe('a connection that the server ends', () => {
  test('with a close is closed from both sides, with its code', async (t) => {
    const { client, answer, write, messages, sent } = await scene(t);
    const closed = new Promise<number>((done) => client.on('close', done));
    await write(
      answer,
      Buffer.concat([binary('last'), frame(0x88, Buffer.from([0x03, 0xe9])), binary('late')]),
    );
    await until('the close', () => sent.length > 0);
    assert.equal(sent[0]![0], 0x88);
    client.terminate();
    assert.equal(await closed, 1001);
    assert.deepEqual(messages, ['blast']);
  });

  test('with bytes that are no frame is told why, and nothing behind them is believed', async (t) => {
    const { client, answer, write, messages, sent } = await scene(t);
    const failed = new Promise<Error>((done) => client.on('error', done));
    await write(
      answer,
      Buffer.concat([binary('good'), frame(0xf2, Buffer.from('bad')), binary('late')]),
      binary('later'),
    );
    assert.match((await failed).message, /RSV/);
    await until('the close', () => sent.length > 0);
    const [head, masked, ...rest] = sent[0]!;
    assert.deepEqual([head, masked], [0x88, 0x82]);
    assert.equal(((rest[0]! ^ rest[4]!) << 8) | (rest[1]! ^ rest[5]!), 1002);
    assert.deepEqual(messages, ['bgood']);
  });
});

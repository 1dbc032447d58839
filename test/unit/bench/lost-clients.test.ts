import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ConnectOptions, MeasuringClients } from '../../../bench/end-to-end/measuring-clients.ts';
import { RawClient, type RawClientEvents } from '../../../bench/end-to-end/raw-client.ts';
import { NatsClient } from '../../../bench/end-to-end/rivals/nats-client.ts';
import { ChildProgram } from '../../../bench/harness/child-program.ts';

const MEASURING_CLIENTS = join(import.meta.dirname, '../../../bench/end-to-end/measuring-clients.ts');
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';
const REFUSAL = 'answered HTTP 404 Not Found in place of an upgrade';
const CLIENTS = {
  OpenAlgo: (url: string, bufferBytes: number, events: RawClientEvents) =>
    new RawClient({ url, form: 'json', mode: 'quote', bufferBytes }, events),
  NATS: (url: string, bufferBytes: number, events: RawClientEvents) =>
    new NatsClient({ url, mode: 'quote', bufferBytes }, events),
};

/** A server that does one thing with each connection once it has the request. */
async function serverThat(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {}).once('data', () => answer(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function refusingUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `ws://127.0.0.1:${port}/`;
}

for (const [name, open] of Object.entries(CLIENTS)) {
  const ended = (url: string, bufferBytes = 1024): Promise<string> =>
    new Promise((resolve) => {
      const unexpected = () => resolve('it took the answer for an upgrade');
      open(url, bufferBytes, { tick: unexpected, control: unexpected, open: unexpected, lost: resolve });
    });

  test(`a measuring client of ${name} says what the server answered in place of an upgrade`, async (t) => {
    assert.equal(await ended(await serverThat(t, (socket) => socket.write(NOT_FOUND))), REFUSAL);
  });

  test(`a measuring client of ${name} ends at an answer that never ends its head`, async (t) => {
    const url = await serverThat(t, (socket) => socket.write('x'.repeat(200)));
    assert.match(await ended(url, 100), /head is longer than 100 bytes/);
  });
}

test('a run ends with the reason when its clients cannot connect', async (t) => {
  const program = new ChildProgram<MeasuringClients>(MEASURING_CLIENTS);
  t.after(() => program.stop());
  const options: Omit<ConnectOptions, 'url' | 'protocol'> = {
    apiKey: 'key',
    framing: 'json',
    mode: 'quote',
    // More than connect at the same time: the last are lost before anybody waits for them.
    clients: 60,
    sampled: 1,
    exchange: 'NSE',
    symbols: ['A'],
    instrumentsPerClient: 1,
  };
  const answers: Record<string, [string, RegExp]> = {
    refused: [await refusingUrl(), /connection lost: connect ECONNREFUSED/],
    'closed at once': [await serverThat(t, (socket) => socket.destroy()), /connection lost: /],
    'not found': [await serverThat(t, (socket) => socket.write(NOT_FOUND)), new RegExp(REFUSAL)],
    'closed after its upgrade': [
      await serverThat(t, (socket) => {
        socket.write(UPGRADE);
        socket.once('data', () => socket.destroy());
      }),
      /connection lost: /,
    ],
  };
  for (const [answer, [url, reason]] of Object.entries(answers)) {
    for (const protocol of ['openalgo', 'nats'] as const) {
      await assert.rejects(program.call('connect', { ...options, url, protocol }), reason, answer);
      await program.call('disconnect', null);
    }
  }
});

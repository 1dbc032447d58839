import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FrameStripper } from '../../../bench/end-to-end/rivals/frame-stripper.ts';
import { NatsClient } from '../../../bench/end-to-end/rivals/nats-client.ts';
import { readNats } from '../../../bench/end-to-end/rivals/nats-reader.ts';
import { NO_TICK } from '../../../bench/end-to-end/tick-format.ts';

const message = (subject: string, payload: string) => `MSG ${subject} 7 ${payload.length}\r\n${payload}\r\n`;
const STREAM = Buffer.from(
  `INFO {"max_payload":1}\r\n${message('tick.NSE.A', '{"volume": 12}')}PING\r\n` +
    `${message('tick.NSE.B', 'MSG x 1 3\r\n')}MSG a 1 inbox.1 2\r\nhi\r\n${message('empty', '')}+OK\r\n`,
);
const READ = [
  'INFO {"max_payload":1}',
  'MSG tick.NSE.A 7 14: {"volume": 12}',
  'PING',
  'MSG tick.NSE.B 7 11: MSG x 1 3\r\n',
  'MSG a 1 inbox.1 2: hi',
  'MSG empty 7 0: ',
  '+OK',
];

/** A reader of a stream that comes in parts. */
function streamReader() {
  const seen: string[] = [];
  let rest: Buffer = Buffer.alloc(0);
  const read = (part: Uint8Array): void => {
    const buffer = Buffer.concat([rest, part]);
    const text = (from: number, to: number) => buffer.toString('latin1', from, to);
    const done = readNats(buffer, 0, buffer.length, {
      message: (line, payload, end) => seen.push(`${text(line, payload - 2)}: ${text(payload, end)}`),
      line: (line) => seen.push(line),
    });
    rest = buffer.subarray(done);
  };
  return { seen, read };
}

function frame(payload: Uint8Array, opcode = 2): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  return Buffer.concat([Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]), payload]);
}

test('a NATS stream is read the same wherever it is cut', () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const { seen, read } = streamReader();
    read(STREAM.subarray(0, cut));
    read(STREAM.subarray(cut));
    assert.deepEqual(seen, READ, `cut at ${cut}`);
  }
});

test('a corrupted NATS stream is an error, not a wait for ever', () => {
  const corrupted = [
    'MSG a 1 x\r\nhi\r\n',
    'MSG a 1 \r\nhi\r\n',
    'MSG a 1 2x\r\nhi\r\n',
    'MSG a 1 1\r\nhi\r\n',
    'MSG a 1 3\r\nhi\r\nPING\r\n',
    'PING\n',
    '\n',
    'x'.repeat(40_000),
  ];
  for (const text of corrupted) {
    assert.throws(
      () => streamReader().read(Buffer.from(text)),
      /not NATS/,
      JSON.stringify(text.slice(0, 30)),
    );
  }
});

test('frames are taken away from around a stream wherever they and the reads are cut', () => {
  const frames = Buffer.concat([
    frame(STREAM.subarray(0, 40)),
    frame(Buffer.alloc(0)),
    frame(STREAM.subarray(40, 41), 0),
    frame(STREAM.subarray(41)),
  ]);
  for (let cut = 0; cut <= frames.length; cut++) {
    const stripper = new FrameStripper();
    const buffer = Buffer.alloc(1000);
    let kept = 0;
    for (const part of [frames.subarray(0, cut), frames.subarray(cut)]) {
      buffer.set(part, kept);
      stripper.strip(buffer, kept, kept + part.length);
      buffer.copyWithin(0, stripper.from, stripper.to);
      kept = stripper.to - stripper.from;
    }
    assert.deepEqual(buffer.subarray(0, kept), STREAM, `cut at ${cut}`);
  }
  assert.throws(() => new FrameStripper().strip(frame(Buffer.alloc(2), 8), 0, 4), /opcode 8/);
});

test('a measuring client of NATS gets every tick once, also byte by byte, and tells why it was left', async () => {
  const volumes = Array.from({ length: 20 }, (_, i) => 1000 + i);
  const ticks = volumes.map((volume) => message('tick.NSE.A', `{"ltp": 1.5, "volume": ${volume}}`)).join('');
  const bytes = Buffer.concat([
    Buffer.from('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
    frame(Buffer.from('INFO {}\r\n')),
    frame(Buffer.from(message('inbox.1', '{"status": "success"}'))),
    frame(Buffer.from(`${ticks}-ERR 'Slow Consumer'\r\n`)),
  ]);
  const server = createServer(async (socket) => {
    socket.setNoDelay(true).on('error', () => {});
    for (const byte of bytes) {
      socket.write(Uint8Array.of(byte));
      await nextTurn();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const seen: unknown[] = [];
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { promise, resolve } = Promise.withResolvers<string>();
  new NatsClient(
    { url, mode: 'quote', bufferBytes: 256 },
    {
      tick: (receivedUs, intendedUs, length) => seen.push([receivedUs > NO_TICK, intendedUs, length]),
      control: ({ status }) => seen.push(status),
      open: () => seen.push('open'),
      lost: resolve,
    },
  );
  assert.match(await promise, /Slow Consumer/);
  server.close();
  assert.deepEqual(seen, ['open', 'success', ...volumes.map((volume) => [true, volume, 28])]);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { resetSocket } from '../../src/main/simulator/reset-socket.ts';
import { deflated, pingRequest } from '../conformance/websocket/conformance-case.ts';
import { clientFrame } from '../support/client-frame.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { type FuzzFrame, foretell } from '../support/frame-oracle.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { OPCODE, RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const MARKER = 'the end of the round';
const opcode = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...Object.values(OPCODE)) },
  fc.integer({ min: 0, max: 15 }),
);
const request = pingRequest('κόσμε');
const payload = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Uint8Array>(request) },
  fc.constant<Uint8Array>(request.subarray(0, 32)),
  fc.constant<Uint8Array>(request.subarray(32)),
  fc.uint8Array({ maxLength: 140 }),
  fc.constantFrom(...[0, 1, 2, 125, 126, 1000, 65_535, 65_536].map((length) => new Uint8Array(length))),
);
const frame: fc.Arbitrary<FuzzFrame> = fc.record({
  opcode,
  fin: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
  rsv: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 7 })),
  payload,
  mask: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  lengthBytes: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    fc.constantFrom(3 as const, 9 as const),
  ),
});
const chops = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 4 });

function encode({ lengthBytes, payload: bytes, ...parts }: FuzzFrame): Buffer {
  const isLong = lengthBytes !== undefined && (lengthBytes === 9 || bytes.length < 65_536);
  return clientFrame({ ...parts, payload: bytes, ...(isLong && { lengthBytes }) });
}

/** In writes of these lengths again and again; all at once without any. */
async function write({ socket }: RawClient, bytes: Buffer, lengths: readonly number[]): Promise<void> {
  if (lengths.length === 0 || bytes.length > 5000) return void socket.write(bytes);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    socket.write(bytes.subarray(at, at + length));
    at += length;
    if (i < 50) await new Promise(setImmediate);
  }
}

/** Deflated messages some of whose bytes were changed, whole and in fragments. */
const deflatedFrames = fc
  .tuple(
    fc.oneof(
      fc.constant<Uint8Array>(request),
      fc.uint8Array({ maxLength: 300 }),
      fc.constant(new Uint8Array(2_000_000)),
    ),
    fc.array(fc.record({ at: fc.nat(), value: fc.nat({ max: 255 }) }), { maxLength: 3 }),
    fc.nat({ max: 400 }),
    fc.constantFrom(0, 4),
  )
  .map(([message, changes, cut, rsv]) => {
    const bytes = deflated(message);
    for (const { at, value } of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
    const first = { opcode: OPCODE.TEXT, rsv: 4, fin: cut >= bytes.length, payload: bytes.subarray(0, cut) };
    const second = { opcode: OPCODE.CONTINUATION, rsv, payload: bytes.subarray(cut) };
    return Buffer.concat([first, second].slice(0, first.fin ? 1 : 2).map(clientFrame));
  });

test('frames below the library', async (t) => {
  const { client, wsUrl, engine, fatal } = await startEngineFixture(t, { flags: ['--compression=true'] });
  const steady = await client();
  const assertUndisturbed = async () => {
    assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
    assert.equal(steady.closed, null);
    assert.deepEqual(fatal, []);
    assert.ok(engine.readers.every(({ restarts }) => restarts === 0));
  };

  await t.test('frames in any order are answered, refused or closed as the standard has it', async (t) => {
    let runs = 0;
    await fuzz(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 8 }), chops, async (frames, lengths) => {
        runs++;
        const raw = await RawClient.connect(wsUrl);
        try {
          const { replies, messages, end } = foretell(frames);
          await write(raw, Buffer.concat(frames.map(encode)), lengths);
          if (end === 'unforetold') return;
          const answers = () => raw.frames().filter(({ opcode }) => opcode === OPCODE.TEXT).length;
          if (end === 'open') {
            raw.socket.write(clientFrame({ opcode: OPCODE.PING, payload: MARKER }));
            replies.push(`pong ${MARKER}`);
            const isComplete = () => raw.frames().length >= replies.length + messages;
            await until('the last pong and answer', () => raw.isClosed || isComplete());
          } else {
            await until('the end of the connection', () => raw.isClosed);
          }
          const seen = raw.frames().flatMap(({ opcode, payload }) => {
            if (opcode === OPCODE.PONG) return `pong ${payload.toString('latin1')}`;
            if (opcode === OPCODE.TEXT) return [];
            assert.equal(opcode, OPCODE.CLOSE, `a frame of opcode ${opcode}`);
            return `close ${payload.length === 0 ? 'without code' : payload.readUInt16BE(0)}`;
          });
          // What was answered already may be lost with a connection that is dropped in the same turn.
          assert.deepEqual(seen, end === 'dropped' ? replies.slice(0, seen.length) : replies);
          // A message may have to wait for its turn, and none has one behind a close. The library waits for nobody.
          if (end === 'open') assert.equal(answers(), messages);
          else assert.ok(answers() <= messages, `${answers()} answers to ${messages} messages`);
        } finally {
          raw.socket.destroy();
        }
      }),
      0.5,
    );
    t.diagnostic(`${runs} connections`);
    assert.ok(runs > 0, 'no connections');
    await assertUndisturbed();
  });

  await t.test(
    'bytes that are no frames, frames without a mask and damaged streams of deflate harm nobody else',
    async (t) => {
      const bytes = fc.oneof(
        deflatedFrames,
        fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
        fc
          .array(frame, { minLength: 1, maxLength: 5 })
          .map((frames) => Buffer.concat(frames.map((each) => clientFrame({ ...each, mask: null })))),
        fc
          .tuple(frame, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
          .map(([each, announced]) => clientFrame({ ...each, announced, lengthBytes: 9 })),
      );
      let runs = 0;
      await fuzz(
        fc.asyncProperty(bytes, chops, fc.boolean(), async (each, lengths, isReset) => {
          runs++;
          const raw = await RawClient.connect(wsUrl, '/?compress=on', undefined, 'permessage-deflate');
          await write(raw, each, lengths);
          if (isReset) resetSocket(raw.socket);
          else raw.socket.end();
          await until('the end of the connection', () => raw.isClosed);
        }),
        0.25,
      );
      t.diagnostic(`${runs} connections`);
      await assertUndisturbed();
    },
  );

  await t.test('whatever comes in place of a handshake, the next client gets its own', async (t) => {
    const { hostname, port, host } = new URL(wsUrl);
    const line = fc.oneof(
      fc.constantFrom(
        ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Host: ${host}`],
        ...[
          'Sec-WebSocket-Key: QW4gb3JkaW5hcnkga2V5IQ==',
          'Sec-WebSocket-Key: x',
          'Sec-WebSocket-Version: 7',
        ],
        ...['Sec-WebSocket-Extensions: permessage-deflate', 'Sec-WebSocket-Protocol: tickwire.msgpack,,;'],
        ...['Content-Length: 5', 'Content-Length: -1', 'Content-Length: 99999999999999999999', ': ', ''],
        ...['Transfer-Encoding: chunked', 'X-Forwarded-For: 1.2.3.4, ::1, x', 'Expect: 100-continue'],
        ...[`Cookie: ${'x'.repeat(9000)}`, 'Upgrade: h2c', 'a: b\0c'],
      ),
      fc.string({ maxLength: 60 }),
    );
    const head = fc
      .tuple(
        fc.constantFrom('GET', 'POST', 'PRI', 'OPTIONS', '', 'GET GET', '\x16\x03\x01'),
        fc.oneof(fc.constantFrom('/', '/page.json', `/?${'x'.repeat(9000)}`, '/?%', '*', ''), fc.webPath()),
        fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', ''),
        fc.array(line, { maxLength: 9 }),
        fc.constantFrom('\r\n\r\n', '\n\n', '\r\n', '\r\n\r\n\x81\x80'),
      )
      .map(([method, path, version, lines, end]) =>
        Buffer.from([`${method} ${path} ${version}`, ...lines].join('\r\n') + end, 'latin1'),
      );
    let runs = 0;
    await fuzz(
      fc.asyncProperty(head, chops, async (bytes, lengths) => {
        runs++;
        const socket = connect(Number(port), hostname);
        socket.on('error', () => {});
        await once(socket, 'connect');
        for (const length of [...lengths, bytes.length]) socket.write(bytes.subarray(0, length));
        await new Promise(setImmediate);
        socket.destroy();
      }),
      0.25,
    );
    t.diagnostic(`${runs} handshakes`);
    await assertUndisturbed();
  });
});

/**
 * WebSocket below our protocol, over a raw socket: the cases of the Autobahn suite for a server, groups 1 to 7 and 9, each
 * with what comes back and how the connection ends.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { closeFrame } from '../../support/client-frame.ts';
import { startEngineFixture } from '../../support/engine-fixture.ts';
import { OPCODE, RawClient, type RawFrame } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { CLOSING_CASES } from './closing-cases.ts';
import { COMPRESSION_CASES } from './compression-cases.ts';
import { type Answer, type ConformanceCase, type End, inflated, request, text } from './conformance-case.ts';
import { FRAGMENT_CASES } from './fragment-cases.ts';
import { FRAMING_CASES } from './framing-cases.ts';
import { LIMIT_CASES, OWN_CASES } from './limit-cases.ts';
import { UTF8_CASES } from './utf8-cases.ts';

/** Cases under way at once. Each has a connection of its own. */
const CONCURRENCY = 6;
const LARGEST_MESSAGE = 1024 * 1024;
const LAST = 'the end of the case';
/** Groups, and the number of cases that Autobahn has in each; null for those of our own. */
const GROUPS: readonly (readonly [title: string, cases: readonly ConformanceCase[], count: number | null])[] =
  [
    ['framing, pings, reserved bits and opcodes', FRAMING_CASES, 16 + 11 + 7 + 10],
    ['fragmentation', FRAGMENT_CASES, 20],
    ['UTF-8', UTF8_CASES, 145],
    ['closing', CLOSING_CASES, 37],
    ['limits', LIMIT_CASES, 54],
    ['our limits, and lengths', OWN_CASES, null],
    ['compressed messages', COMPRESSION_CASES, null],
  ];

interface Seen {
  readonly answers: readonly Answer[];
  readonly end: End;
}

async function write(raw: RawClient, { frames, chop }: ConformanceCase): Promise<void> {
  const { socket } = raw;
  const bytes = Buffer.concat(frames);
  if (chop === undefined) return void socket.write(bytes);
  socket.setNoDelay(true);
  if (typeof chop === 'number') {
    for (let at = 0; at < bytes.length; at += chop) {
      socket.write(bytes.subarray(at, at + chop));
      // In small numbers, so that the server may read each by itself.
      if (bytes.length / chop < 500) await setImmediate();
      else if (socket.writableNeedDrain) await once(socket, 'drain');
    }
    return;
  }
  for (const [i, frame] of frames.entries()) {
    socket.write(frame);
    await setImmediate();
    if (chop !== 'answered' || i > 0) continue;
    await until('the first answer', () => raw.isClosed || raw.frames().length > 0);
  }
}

function answerOf({ opcode, payload, isDeflated }: RawFrame): Answer {
  if (opcode === OPCODE.PONG) return { pong: payload.toString('latin1') };
  assert.equal(opcode, OPCODE.TEXT, `a frame of opcode ${opcode}`);
  const message = JSON.parse((isDeflated ? inflated(payload) : payload).toString());
  return message.type === 'pong' ? { echo: message.client_timestamp ?? '' } : { error: message.code };
}

function isLast(answer: Answer): boolean {
  return 'echo' in answer && answer.echo === LAST;
}

/** What came back behind the first frames, and how the connection ended. */
function seenBy(raw: RawClient, first: number): Seen {
  const frames = raw.frames().slice(first);
  const close = frames.find(({ opcode }) => opcode === OPCODE.CLOSE);
  const answers = frames.filter((frame) => frame !== close).map(answerOf);
  if (answers.some(isLast)) {
    assert.deepEqual(close?.payload, Buffer.from([0x03, 0xe8]), 'its close frame is answered');
    return { answers: answers.filter((answer) => !isLast(answer)), end: 'open' };
  }
  if (close === undefined) return { answers, end: 'dropped' };
  assert.equal(frames.at(-1), close, 'nothing comes behind a close frame');
  if (close.payload.length === 0) return { answers, end: { code: null } };
  const reason = close.payload.toString('utf8', 2);
  const code = close.payload.readUInt16BE(0);
  return { answers, end: reason === '' ? { code } : { code, reason } };
}

/** Who has no key may leave no more than one large message waiting. @returns frames that came back for it */
async function authenticate(raw: RawClient, key: string, { frames }: ConformanceCase): Promise<number> {
  if (Buffer.concat(frames).length <= LARGEST_MESSAGE) return 0;
  raw.socket.write(text(JSON.stringify({ action: 'authenticate', api_key: key })));
  await until('the answer about the key', () => raw.frames().length > 0);
  return 1;
}

async function assertConforms(wsUrl: string, key: string, each: ConformanceCase): Promise<void> {
  const raw = each.isDeflated
    ? await RawClient.connect(wsUrl, '/?compress=on', undefined, 'permessage-deflate')
    : await RawClient.connect(wsUrl);
  assert.equal(raw.head.includes('permessage-deflate'), each.isDeflated ?? false);
  try {
    const first = await authenticate(raw, key, each);
    await write(raw, each);
    if (each.end === 'open') {
      // Not one request more than may wait at once.
      await until('the answers', () => raw.isClosed || raw.frames().length >= first + each.answers.length);
      raw.socket.write(request(LAST));
      const isAnswered = () =>
        each.isDeflated ? raw.frames().slice(first).map(answerOf).some(isLast) : raw.endsWith(LAST);
      await until('the answer behind the case', () => raw.isClosed || isAnswered());
      raw.socket.write(closeFrame(1000));
    }
    await until('the end of the connection', () => raw.isClosed);
    const seen = seenBy(raw, first);
    const answers = each.mayLose ? each.answers.slice(0, seen.answers.length) : each.answers;
    assert.deepEqual(seen, { answers, end: each.end });
  } finally {
    raw.socket.destroy();
  }
}

test('WebSocket conformance', async (t) => {
  // Group 9 sends a thousand requests at once, which is a matter of our protocol and not of WebSocket.
  const flags = ['--requests-per-second=0', '--compression=true'];
  const { client, wsUrl, key, engine, fatal } = await startEngineFixture(t, { flags });
  const steady = await client();

  for (const [title, cases, count] of GROUPS) {
    await t.test(title, { concurrency: CONCURRENCY }, async (group) => {
      assert.equal(new Set(cases.map(({ id }) => id)).size, count ?? cases.length);
      await Promise.all(
        cases.map((each) => group.test(`${each.id} ${each.what}`, () => assertConforms(wsUrl, key, each))),
      );
    });
  }

  await t.test('none of it has disturbed another connection', async () => {
    assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
    assert.deepEqual(fatal, []);
  });

  await t.test('the operator sees how many connections were dropped for it, and why', async () => {
    const dropped = GROUPS.flatMap(([, cases]) => cases).filter(({ end }) => end === 'dropped').length;
    const sum = (name: string) =>
      engine.readers.reduce((total, { counters }) => total + (counters[name] ?? 0), 0);
    // Those that were refused with 1009 are too big as well.
    await until('the counts', () => sum('malformed') > 0 && sum('malformed') + sum('tooBig') >= dropped);
  });
});

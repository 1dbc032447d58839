import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from 'msgpackr';
import { parseRequest } from '../../src/codec/client-request.ts';
import { MAX_NESTING } from '../../src/codec/request-bounds.ts';

/** A request whose id is an array in an array, and so on. */
function nested(levels: number): string {
  return `{"action": "ping", "timestamp": ${'['.repeat(levels)}1${']'.repeat(levels)}}`;
}

test('a request may be nested far deeper than any client does it, but not without end', () => {
  const inner = MAX_NESTING - 1;
  assert.equal(parseRequest(Buffer.from(nested(inner))).ok, true);
  for (const levels of [inner + 1, 500, 300_000]) {
    const parsed = parseRequest(Buffer.from(nested(levels)));
    assert.ok(!parsed.ok);
    assert.equal(parsed.code, 'INVALID_JSON');
    assert.match(parsed.message, /nested deeper than 32 levels/);
  }
  const bytes = Buffer.concat([
    Buffer.from([0x81, 0xa1, 0x61]),
    Buffer.alloc(MAX_NESTING, 0x91),
    Buffer.from([1]),
  ]);
  assert.equal(parseRequest(bytes).ok, false);
});

test('msgpack is refused for its depth before it is decoded, wherever it gets deep and however it ends', () => {
  const deep = Buffer.alloc(4000, 0x91);
  const inMap = Buffer.from('81a161', 'hex');
  for (const parts of [[deep], [deep, Buffer.from([1])], [inMap, deep], [inMap, Buffer.from([0xc1]), deep]]) {
    const parsed = parseRequest(Buffer.concat(parts));
    assert.ok(!parsed.ok);
    assert.match(parsed.message, /nested deeper than 32 levels/);
  }
});

test('msgpack that defines what the bytes behind it mean is refused, for it hides how deep it is', () => {
  const inMap = Buffer.from('81a161', 'hex');
  const record = Buffer.from('d4724091a161', 'hex');
  const bundle = Buffer.from('d66200000005c0a161a0', 'hex');
  for (const parts of [
    [inMap, record, Buffer.from([1])],
    [inMap, record, Buffer.alloc(4000, 0x40)],
    [inMap, Buffer.from('d572400091a16101', 'hex')],
    [inMap, bundle],
  ]) {
    const parsed = parseRequest(Buffer.concat(parts));
    assert.deepEqual(parsed, { ok: false, code: 'INVALID_JSON', message: 'Invalid JSON message' });
  }
});

/** An extension of msgpackr: what follows gets this number, or stands there again. */
function reference(type: 'i' | 'p', id: number): number[] {
  return [0xd6, type.charCodeAt(0), 0, 0, 0, id];
}

test('msgpack whose values stand for others before them is refused: a short one could hold more than is ever read', () => {
  const LEVELS = 12;
  const WIDTH = 15;
  const lists: number[] = [];
  for (let id = 0; id < LEVELS; id++) {
    const inner = Array.from({ length: WIDTH }, () => (id === 0 ? [1] : reference('p', id - 1)));
    lists.push(...reference('i', id), 0x90 | WIDTH, ...inner.flat());
  }
  const action = [...pack('action'), ...pack('ping'), ...pack('timestamp')];
  for (const value of [
    [0x90 | LEVELS, ...lists],
    [...reference('i', 1), 0x91, ...reference('p', 1)],
  ]) {
    const parsed = parseRequest(Buffer.from([0x82, ...action, ...value]));
    assert.ok(!parsed.ok);
    assert.equal(parsed.code, 'INVALID_JSON');
  }
});

test('a binary id is taken, a long one is not: its echo in JSON would be twelve times as long', () => {
  const withId = (bytes: number) =>
    parseRequest(pack({ action: 'ping', timestamp: { id: Buffer.alloc(bytes) } }));
  assert.equal(withId(16).ok, true);
  const refused = withId(100_000);
  assert.ok(!refused.ok);
  assert.match(refused.message, /a binary value has 100000 bytes, the limit is 4096/);
});

test('a binary id is still there when the answer is written, after the message is gone', () => {
  const id = Uint8Array.of(1, 2, 3);
  const message = Uint8Array.from(pack({ action: 'subscribe', request_id: id }));
  const parsed = parseRequest(message);
  structuredClone(message.buffer, { transfer: [message.buffer] });
  assert.ok(parsed.ok);
  assert.deepEqual([...(parsed.request.request_id as Uint8Array)], [...id]);
});

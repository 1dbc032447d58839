/** Long requests: what is read of them, in which portions, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from 'msgpackr';
import {
  countSymbols,
  type ParsedRequest,
  parseRequest,
  parseSymbols,
} from '../../src/codec/client-request.ts';
import { LongRequest, MAX_ENTRY_VALUES, MAX_VALUES, STEP_BYTES } from '../../src/codec/long-request.ts';

const MIB = 1024 * 1024;

function read(bytes: Uint8Array, maxSymbols = 0): { readonly steps: number; readonly parsed: ParsedRequest } {
  const request = new LongRequest(bytes, maxSymbols);
  for (let steps = 1; ; steps++) {
    const parsed = request.step();
    if (parsed !== null) return { steps, parsed };
  }
}

function refusalOf(bytes: Uint8Array): string {
  const { steps, parsed } = read(bytes);
  assert.ok(!parsed.ok);
  assert.equal(parsed.code, 'INVALID_JSON');
  assert.equal(steps, 1);
  return parsed.message;
}

const symbols = Array.from({ length: 10_000 }, (_, i) => ({
  symbol: `नाम${i}`,
  exchange: 'NSE',
  mode: 1 + (i % 3),
}));
const batch = { action: 'subscribe', mode: 'Quote', symbols, request_id: { n: [1, 2] } };
const FORMS = { JSON: Buffer.from(JSON.stringify(batch)), msgpack: pack(batch) };

for (const [form, bytes] of Object.entries(FORMS)) {
  test(`a list of ten thousand symbols in ${form} is read whole, in portions that keep no thread`, () => {
    const { steps, parsed } = read(bytes);
    assert.ok(steps >= bytes.length / STEP_BYTES / 1.1, `${steps} steps`);
    assert.ok(parsed.ok);
    assert.deepEqual(parseSymbols(parsed.request, ''), { ok: true, batch: true, symbols });
    assert.deepEqual(parsed.request.request_id, batch.request_id);
    assert.equal(parsed.request.mode, 'Quote');
  });

  test(`of a list in ${form} with more symbols than are served, the number alone is known beyond those`, () => {
    const { parsed } = read(bytes, 500);
    assert.ok(parsed.ok);
    assert.equal(countSymbols(parsed.request), 10_000);
    assert.equal((parsed.request.symbols as unknown[]).length, 500);
  });

  test(`a list in ${form} that breaks off is refused`, () => {
    for (const length of [5000, 100_000, bytes.length - 1]) {
      const { parsed } = read(bytes.subarray(0, length));
      assert.deepEqual(parsed, { ok: false, code: 'INVALID_JSON', message: 'Invalid JSON message' });
    }
  });
}

test('a message that is nested too deeply is refused where it gets too deep, with whatever behind it', () => {
  const deep = Buffer.alloc(MIB, '[');
  const inner = `${'[{"symbol":'.repeat(40)}`;
  for (const text of [
    deep,
    `{"action":"ping","timestamp":${deep}`,
    `{"action":"subscribe","symbols":${inner}\0`,
  ]) {
    assert.match(refusalOf(Buffer.from(text)), /nested deeper than 32 levels/);
  }
  const key = pack('timestamp');
  for (const bytes of [
    Buffer.alloc(MIB, 0x91),
    Buffer.concat([Buffer.from([0x81]), key, Buffer.alloc(MIB, 0x91)]),
  ]) {
    assert.match(refusalOf(bytes), /nested deeper than 32 levels/);
  }
});

test('a message with more values than any request needs is refused in the first portion', () => {
  const many = { ...Array.from({ length: 50_000 }, (_, i) => i) };
  const beside = { action: 'ping', timestamp: many };
  const within = { action: 'subscribe', symbols: [{ symbol: 'TCS', exchange: 'NSE', other: many }] };
  const forms = (value: unknown) => [Buffer.from(JSON.stringify(value)), pack(value)];
  const list = Array.from({ length: 50_000 }, () => ({}));
  for (const bytes of [...forms(beside), ...forms({ ...beside, timestamp: list }), ...forms(list)]) {
    assert.match(refusalOf(bytes), new RegExp(`it has more than ${MAX_VALUES} values beside its symbols`));
  }
  for (const bytes of forms(within)) {
    assert.match(refusalOf(bytes), new RegExp(`one of its symbols has more than ${MAX_ENTRY_VALUES} values`));
  }
});

/** A message with many lists of symbols, in both forms. @param list of JSON */
function repeated(list: string, count: number): Buffer[] {
  const members = Array.from({ length: count }, () => `"symbols":${list}`);
  const member = Buffer.concat([pack('symbols'), pack(JSON.parse(list))]);
  const head = Buffer.from([0xdf, ...new Uint8Array(4)]);
  head.writeUInt32BE(count, 1);
  return [Buffer.from(`{${members}}`), Buffer.concat([head, ...Array<Buffer>(count).fill(member)])];
}

test('a message with more lists of symbols than any request needs is refused in the first portion', () => {
  for (const bytes of repeated('[]', 70_000)) {
    assert.match(refusalOf(bytes), new RegExp(`it has more than ${MAX_VALUES} values beside its symbols`));
  }
});

test('many lists of symbols that are short each are read in portions like a long one', () => {
  const list = JSON.stringify(Array.from({ length: 3000 }, () => 0));
  for (const bytes of repeated(list, 128)) {
    const { steps, parsed } = read(bytes);
    assert.ok(steps >= bytes.length / STEP_BYTES / 1.1, `${steps} steps`);
    assert.ok(parsed.ok);
    assert.equal(countSymbols(parsed.request), 3000);
  }
});

test('as many values as are permitted are taken, and a string of whatever length', () => {
  const values = Array.from({ length: MAX_VALUES - 4 }, () => 7);
  const long = '\u20ac"'.repeat(100_000);
  const request = {
    action: 'ping',
    timestamp: values,
    _pingId: long,
    symbols: [{ symbol: long, exchange: 'NSE' }],
  };
  for (const bytes of [Buffer.from(JSON.stringify(request)), pack(request)]) {
    const { parsed } = read(bytes);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    assert.deepEqual(parsed.request.timestamp, values);
    assert.equal(parsed.request._pingId, long);
    const named = parseSymbols(parsed.request, '');
    assert.ok(named.ok);
    assert.equal(named.symbols[0]?.symbol, long);
  }
});

test('what programs in JavaScript pack, undefined and times among it, is no reason to refuse a long request', () => {
  const entry = { symbol: 'TCS', exchange: 'NSE', mode: undefined, at: new Date(), since: new Date(0.5) };
  const bytes = pack({
    action: 'subscribe',
    mode: undefined,
    timestamp: new Date(),
    symbols: [entry, entry],
  });
  const { parsed } = read(bytes);
  const inOneGo = parseRequest(bytes);
  assert.ok(parsed.ok && inOneGo.ok);
  assert.deepEqual(parseSymbols(parsed.request, ''), parseSymbols(inOneGo.request, ''));
});

test('extensions of msgpack that change what stands behind them are refused in a long request', () => {
  const record = Buffer.from([0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01]);
  const bytes = Buffer.concat([Buffer.from([0x81]), pack('timestamp'), record]);
  assert.equal(refusalOf(bytes), 'Invalid JSON message');
});

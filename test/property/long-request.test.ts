/** A long request read in steps says the same as if it were read in one go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Packr, pack, Unpackr } from 'msgpackr';
import {
  countSymbols,
  type ParsedRequest,
  parseRequest,
  parseSymbols,
  SYMBOL_COUNT,
} from '../../src/codec/client-request.ts';
import { LongRequest } from '../../src/codec/long-request.ts';
import { MAX_NESTING } from '../../src/codec/request-bounds.ts';

/** A bound of the reader alone. */
const TOO_MANY = /has more than \d+ values/;
const NO_SYMBOLS = 'no symbols';

function readInSteps(bytes: Uint8Array): ParsedRequest {
  const request = new LongRequest(bytes, 0);
  for (;;) {
    const parsed = request.step();
    if (parsed !== null) return parsed;
  }
}

/** A list or a map is no mode, whatever it holds. */
function emptied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? [] : {};
}

/** What is looked at of a message: everything, but of the symbols only what is read of them. */
function meaningOf(parsed: ParsedRequest): unknown {
  if (!parsed.ok) return { code: parsed.code, message: parsed.code === 'INVALID_JSON' ? '' : parsed.message };
  const { symbols, [SYMBOL_COUNT]: _, ...rest } = parsed.request;
  const named = parseSymbols(parsed.request, NO_SYMBOLS);
  const entries = named.ok
    ? named.symbols.map((entry) => ({ ...entry, mode: named.batch ? emptied(entry.mode) : entry.mode }))
    : named;
  return {
    action: parsed.action,
    rest: { ...rest },
    symbols: Array.isArray(symbols) ? countSymbols(parsed.request) : symbols,
    entries,
  };
}

function assertSame(bytes: Uint8Array): void {
  const parsed = readInSteps(bytes);
  fc.pre(parsed.ok || !TOO_MANY.test(parsed.message));
  assert.deepEqual(meaningOf(parsed), meaningOf(parseRequest(bytes)));
}

const text = fc.oneof(
  fc.constantFrom('NSE', 'RELIANCE', 'a"]}', '\\', '{"[', 'क', '\u{1f600}', '\ud800', '\u0001\n', ''),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const scalar = fc.oneof(
  text,
  fc.constantFrom<unknown>(true, false, null, 0, -0, 1e300, -1.5e-7, 123456789012345680000),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('symbol', 'symbols', '__proto__')), tie('value'), {
      maxKeys: 3,
    }),
  ),
}));
const entry = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      {
        symbol: fc.oneof(text, value),
        exchange: fc.oneof(text, value),
        mode: value,
        other: value,
        symbols: value,
      },
      { requiredKeys: [] },
    ),
  },
  value,
);
const request = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      {
        action: fc.oneof(fc.constantFrom('subscribe', 'unsubscribe'), value),
        type: value,
        symbol: text,
        exchange: text,
        mode: value,
        symbols: fc.oneof({ weight: 4, arbitrary: fc.array(entry, { maxLength: 6 }) }, value),
        request_id: value,
        __proto__: value,
      },
      { requiredKeys: [] },
    ),
  },
  value,
);

/** Spellings of JSON that `JSON.stringify` has not: blanks, escapes, a name twice. */
const spelling = fc
  .tuple(
    fc.constantFrom<(json: string) => string>(
      (json) => json,
      (json) => JSON.stringify(JSON.parse(json), null, 2),
      (json) => `\ufeff \r\n\t${json} `,
      (json) => json.replaceAll('symbol', 's\\u0079mbol').replaceAll('exchange', '\\u0065xchange'),
      (json) => json.replace('{', '{"symbols":[{"symbol":"A","exchange":"NSE"}],'),
      (json) => json.replace(/\}$/, ',"symbols":[{"symbol":"B","exchange":"NSE"}]}'),
      (json) => json.replace(/\}$/, ',"symbols":7}'),
      (json) => json.replaceAll(',', ' , ').replaceAll(':', '\n:\t'),
    ),
    request,
  )
  .map(([spell, sent]) => Buffer.from(spell(JSON.stringify(sent))));

/** Some bytes overwritten, taken out, or put in. */
function damaged(messages: fc.Arbitrary<Buffer>, inserts: readonly number[]): fc.Arbitrary<Buffer> {
  const insert = fc.array(fc.oneof(fc.constantFrom(...inserts), fc.nat({ max: 255 })), { maxLength: 2 });
  return fc.tuple(messages, fc.nat(), fc.nat({ max: 3 }), insert).map(([bytes, place, cut, put]) => {
    const at = place % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + cut)]);
  });
}

/** As the engine reads it. */
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number', structuredClone: false });
const packed = request.map((sent) => pack(sent));

test('JSON read in steps is taken or refused as JSON.parse does, and says the same, whatever its strings hold', () => {
  fc.assert(fc.property(spelling, assertSame), { numRuns: 2000 });
});

test('JSON with a fault anywhere is refused in steps as in one go, and not taken for another request', () => {
  const faulty = damaged(spelling, [...Buffer.from('{}[]",:\\0.-e u')]);
  fc.assert(fc.property(faulty, assertSame), { numRuns: 4000 });
});

test('msgpack read in steps says the same as in one go', () => {
  fc.assert(fc.property(packed, assertSame), { numRuns: 2000 });
});

test('a short request in msgpack is taken with all that a library may pack into it, as deep as is permitted', () => {
  const packr = new Packr({ moreTypes: true, useRecords: false });
  const anything = fc.anything({
    // No date that is none: two of those are never equal.
    values: [
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.string(),
      fc.constantFrom(null, undefined),
      fc.date({ noInvalidDate: true }),
    ],
    withBigInt: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  });
  fc.assert(
    fc.property(anything, (sent) => {
      const bytes = packr.pack({ action: 'ping', timestamp: sent });
      let request: unknown;
      try {
        request = unpackr.unpack(bytes);
      } catch {
        // A key that is no name.
        request = null;
      }
      fc.pre(request !== null);
      assert.deepEqual(parseRequest(bytes), { ok: true, action: 'ping', request });
    }),
    { numRuns: 2000 },
  );
});

test('no bytes make the reader throw or go on for ever', () => {
  const heads = [0x80, 0x81, 0x90, 0xc1, 0xc7, 0xd4, 0xdb, 0xdd, 0xdf];
  const bytes = fc.oneof(
    damaged(packed, heads),
    fc
      .tuple(fc.constantFrom(...heads, 0x7b, 0x5b), fc.uint8Array({ maxLength: 60 }))
      .map(([head, rest]) => Buffer.from([head, ...rest])),
  );
  fc.assert(
    fc.property(bytes, (message) => {
      const parsed = readInSteps(message);
      assert.ok(parsed.ok || ['INVALID_JSON', 'SERVER_ERROR'].includes(parsed.code));
    }),
    { numRuns: 4000 },
  );
});

test('a request is taken at every depth that is permitted, and at none beyond', () => {
  const shells = [
    (inner: string) => `[${inner}]`,
    (inner: string) => `{"symbols":${inner}}`,
    (inner: string) => `["]}\\"",${inner}]`,
  ];
  const depths = fc.array(fc.constantFrom(...shells), { maxLength: MAX_NESTING + 4 });
  const places = [
    (inner: string) => `{"action":"ping","timestamp":${inner}}`,
    (inner: string) => `{"action":"subscribe","symbols":[{"symbol":"A","exchange":"NSE","x":${inner}}]}`,
    (inner: string) => `{"action":"subscribe","symbols":[${inner}]}`,
    (inner: string) => inner,
  ];
  fc.assert(
    fc.property(depths, fc.constantFrom(...places), (nested, place) => {
      const json = place(nested.reduce((inner, shell) => shell(inner), '1'));
      assertSame(Buffer.from(json));
      assertSame(pack(JSON.parse(json)));
    }),
    { numRuns: 2000 },
  );
});

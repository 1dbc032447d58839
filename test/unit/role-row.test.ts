import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DESIGN_DEPTH_LEVELS } from '../../src/codec/dialect.ts';
import { MODE } from '../../src/codec/tick.ts';
import { fromRow, MAX_ROLE_WILDCARDS, toColumns } from '../../src/main/entitlements/role-row.ts';
import type { Rights } from '../../src/workers/entitlement-messages.ts';
import { rightsOf } from '../support/entitlement-file.ts';

const names = fc.array(fc.string({ minLength: 1, maxLength: 100 }), { maxLength: 20 });
const listOrNull = <T>(members: readonly T[]) => fc.option(fc.subarray([...members]), { nil: null });
const limit = fc.option(fc.nat(), { nil: null });
const PLAIN = { noNullPrototype: true };
const anyRights: fc.Arbitrary<Rights> = fc.record(
  {
    role: fc.constant('viewer'),
    modes: listOrNull(Object.values(MODE)),
    depthLevels: listOrNull(DESIGN_DEPTH_LEVELS),
    exchanges: fc.option(names, { nil: null }),
    symbols: fc.option(names, { nil: null }),
    orders: fc.boolean(),
    limits: fc.record({ maxConnections: limit, maxSubscriptions: limit, requestsPerSecond: limit }, PLAIN),
  },
  PLAIN,
);

test('a role is read from its row as it was written', () => {
  fc.assert(
    fc.property(anyRights, (rights) => {
      assert.deepEqual(fromRow({ name: rights.role, ...toColumns(rights) }), { rights });
    }),
  );
});

test('a column that is not as it should be is named, and never taken for a right', () => {
  const good = { name: 'viewer', ...toColumns(rightsOf('viewer')) };
  for (const [column, texts] of [
    ['modes', ['', 'ltp', '[5]', '["1"]', '{}', '1', '[1', '[null]']],
    ['depth_levels', ['[7]', '["5"]', 'null']],
    ['exchanges', ['[""]', '[1]', `["${'N'.repeat(101)}"]`, '"NSE"']],
    [
      'symbols',
      ['[null]', JSON.stringify(Array.from({ length: MAX_ROLE_WILDCARDS + 1 }, (_, i) => `S${i}*`))],
    ],
    ['orders', ['', '1', 'no', '"true"', 'null']],
    ['limits', ['', '[]', 'null', '{"maxConnections":-1}', '{"maxConnections":"1"}', '{"unknown":1}']],
  ] as const) {
    for (const text of texts)
      assert.deepEqual(fromRow({ ...good, [column]: text }), { badColumn: column }, text);
  }
});

test('no row makes the reader fail', () => {
  const value = fc.oneof(
    fc.string(),
    fc.json(),
    fc.integer(),
    fc.constant(null),
    fc.double(),
    fc.uint8Array(),
  );
  const row = fc.record({
    name: value,
    modes: value,
    depth_levels: value,
    exchanges: value,
    symbols: value,
    orders: value,
    limits: value,
  });
  fc.assert(
    fc.property(row, (columns) => {
      const read = fromRow(columns);
      assert.ok('rights' in read || typeof read.badColumn === 'string');
    }),
    { numRuns: 300 },
  );
});

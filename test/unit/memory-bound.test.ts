/** What the operator is told of the memory that clients can take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeMemoryBound, memoryBound } from '../../src/main/admission/memory-bound.ts';
import { loadConfig } from '../../src/main/config.ts';

const MIB = 2 ** 20;

function boundWith(...argv: string[]) {
  return memoryBound(loadConfig({ argv, env: {}, cwd: '/nonexistent' }).config, 1, 0);
}

test('the bound is the sum of its parts, and every limit of clients lowers it', () => {
  const { total, parts } = boundWith();
  assert.equal(
    total,
    Object.values(parts).reduce<number>((sum, bytes) => sum + bytes!, 0),
  );
  for (const flag of [
    '--max-connections=100',
    '--max-message-bytes=65536',
    '--max-subscriptions=1000',
    '--max-streams=1000',
    '--max-outbound-bytes=1048576',
    '--max-inbound-bytes=1048576',
    '--session-bytes=1048576',
  ])
    assert.ok(boundWith(flag).total! < total!, flag);
});

test('a small installation can be told to keep within a small machine', () => {
  const { total } = boundWith(
    '--max-connections=200',
    '--max-message-bytes=262144',
    '--max-subscriptions=100000',
    '--max-streams=10000',
    '--max-outbound-bytes=134217728',
    '--max-inbound-bytes=67108864',
  );
  assert.ok(total! < 2048 * MIB, `${total! / MIB} MiB`);
});

test('without a limit there is no bound, and the operator reads which one is missing', () => {
  const bound = boundWith('--max-subscriptions=0', '--max-outbound-bytes=0');
  assert.equal(bound.total, null);
  assert.match(describeMemoryBound(bound), /no limit of subscriptions, unsent\./);
  assert.match(describeMemoryBound(boundWith()), /takes \d+\.\d GiB of memory at most/);
});

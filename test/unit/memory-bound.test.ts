/** What the operator is told of the memory that clients can take. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pino } from 'pino';
import {
  describeMemoryBound,
  memoryBound,
  reportMemoryBound,
} from '../../src/main/admission/memory-bound.ts';
import { loadConfig } from '../../src/main/config.ts';
import { EngineMemory } from '../../src/main/engine-memory.ts';

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
    '--max-handshakes=100',
    '--max-message-bytes=65536',
    '--max-subscriptions=1000',
    '--max-streams=1000',
    '--max-outbound-bytes=1048576',
    '--max-inbound-bytes=1048576',
    '--session-bytes=1048576',
  ])
    assert.ok(boundWith(flag).total! < total!, flag);
});

test('the small installation that OPERATIONS.md describes keeps within the machine that it names', () => {
  const text = readFileSync(new URL('../../OPERATIONS.md', import.meta.url), 'utf8');
  const [, gib, block = ''] = /shall keep within (\d) GiB:\n\n```sh\n(.*?)```/s.exec(text) ?? [];
  const env = Object.fromEntries(
    block
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  );
  const { config } = loadConfig({ argv: [], env, cwd: '/nonexistent' });
  const shared = new EngineMemory(config, 2).bytes;
  const { total } = memoryBound(config, 1, shared);
  assert.ok(total! < Number(gib) * 2 ** 30, `${total! / 2 ** 30} GiB`);
});

test('without a limit there is no bound, and the operator reads which one is missing', () => {
  const bound = boundWith('--max-subscriptions=0', '--max-outbound-bytes=0');
  assert.equal(bound.total, null);
  assert.match(describeMemoryBound(bound), /no limit of subscriptions, unsent\./);
  assert.match(describeMemoryBound(boundWith()), /takes \d+\.\d GiB of memory at most/);
});

test('a bound above the memory that there is is a warning, which names what lowers it', () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const bound = boundWith();
  reportMemoryBound(bound, log, bound.total!);
  reportMemoryBound(bound, log, bound.total! - 1);
  assert.match(lines[0]!, /"level":30.*memoryBoundBytes/);
  assert.match(
    lines[1]!,
    /"level":40.*memoryBoundBytes.*TICKWIRE_MAX_CONNECTIONS or TICKWIRE_MAX_MESSAGE_BYTES/,
  );
});

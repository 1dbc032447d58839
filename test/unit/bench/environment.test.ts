import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicArguments } from '../../../bench/harness/environment.ts';

test('a report that is published tells neither the paths of its machine nor an API key', () => {
  const args = ['--only', 'fan-out', '--json', '/home/me/a.json', '--with=/home/me/b.json', '--readme'];
  assert.deepEqual(publicArguments(args), ['--only', 'fan-out', '--json', '--with', '--readme']);
  assert.deepEqual(publicArguments(['--target-key', 'secret', '--seconds=2']), [
    '--target-key',
    '--seconds=2',
  ]);
});

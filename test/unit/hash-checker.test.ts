/** Slow checks of keys give way to everything else that the process does. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import workerThreads from 'node:worker_threads';
import { HashChecker } from '../../src/main/auth/hash-checker.ts';
import { hashKey } from '../../src/main/auth/key-hash.ts';

const TASKS = '/proc/self/task';
/** Of the fields behind the name in parentheses. */
const NICE_FIELD = 16;

function niceValues(): number[] {
  return readdirSync(TASKS).map((thread) => {
    const fields = readFileSync(`${TASKS}/${thread}/stat`, 'latin1').replace(/^.*\) /s, '');
    return Number(fields.split(' ')[NICE_FIELD]);
  });
}

test('a key is checked against its slow hash in a thread that all others go before', async (t) => {
  const checker = new HashChecker();
  t.after(() => checker.close());
  const hash = hashKey('a key', 'a pepper');
  const isLinux = process.platform === 'linux';
  const before = isLinux ? niceValues() : [];
  assert.equal(await checker.matches({ hash, key: 'a key', pepper: 'a pepper' }), true);
  assert.equal(await checker.matches({ hash, key: 'another key', pepper: 'a pepper' }), false);
  if (!isLinux) return;
  const own = Math.max(...before);
  const values = niceValues();
  // Those that the library starts for a moment give way too.
  const giving = values.filter((nice) => nice > own);
  assert.ok(giving.length > 0 && giving.length < values.length / 2, `nice values ${values}`);
  assert.equal(getPriority(process.pid), own, 'this thread does not');
});

test('when the engine stops, a check that runs comes to its end, and no other one begins', async () => {
  const checker = new HashChecker();
  const hash = hashKey('a key', 'a pepper');
  const check = { hash, key: 'a key', pepper: 'a pepper' };
  const running = checker.matches(check);
  await checker.close();
  assert.equal(await running, true);
  await assert.rejects(checker.matches(check), { code: 'KEY_CHECKS_CLOSED' });
});

for (const [what, program] of [
  ['says why', 'throw new Error("no memory")'],
  ['says nothing', 'process.exit(1)'],
] as const) {
  test(`a thread that ends while it starts, and ${what}, costs the checks that wait for it and no other`, async (t) => {
    // As the rest of the engine does.
    const alive = setInterval(() => {}, 1000);
    t.after(() => clearInterval(alive));
    const { Worker } = workerThreads;
    const failing = t.mock.method(workerThreads, 'Worker', function start(_file: string, options: object) {
      return new Worker(program, { ...options, eval: true });
    });
    const checker = new HashChecker(3000);
    const check = { hash: hashKey('a key', 'a pepper'), key: 'a key', pepper: 'a pepper' };
    await assert.rejects(checker.matches(check));
    assert.equal(failing.mock.callCount(), 1);
    failing.mock.restore();
    assert.equal(await checker.matches(check), true);
    await checker.close();
  });
}

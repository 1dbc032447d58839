/** Slow checks of keys take part of a core only, and nobody's guesses keep the key of another from its check. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckQueue } from '../../src/main/auth/check-queue.ts';

/** A check that takes as long as the test wants. */
class Checks {
  /** In the order in which they began. */
  readonly begun: string[] = [];
  #end: () => void = () => {};

  readonly run = (queue: CheckQueue, asker: string, name: string): Promise<string> =>
    queue.run(asker, async () => {
      this.begun.push(name);
      await new Promise<void>((resolve) => {
        this.#end = resolve;
      });
      return name;
    });

  /** Ends those that run until so many have begun. */
  async until(count: number): Promise<void> {
    while (this.begun.length < count) {
      this.#end();
      await new Promise(setImmediate);
    }
  }
}

const code = (error: { readonly code?: string }) => error.code;

test('checks of several addresses take turns, so that a good key of one comes next, whatever another one guesses', async () => {
  const queue = new CheckQueue({ maxWaiting: 10, maxWaitMs: 60_000, pauseFactor: 0, maxPauseMs: 60_000 });
  const checks = new Checks();
  const asked = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2'].map((name) => checks.run(queue, name[0]!, name));
  await checks.until(6);
  assert.deepEqual(checks.begun, ['a1', 'a2', 'b1', 'a3', 'b2', 'a4']);
  await checks.until(6);
  queue.close();
  assert.equal(await asked[4], 'b1');
});

test('where all places are taken, the newest guess of the greediest address gives way to another address', async () => {
  const queue = new CheckQueue({ maxWaiting: 3, maxWaitMs: 60_000, pauseFactor: 0, maxPauseMs: 60_000 });
  const checks = new Checks();
  const greedy = ['a1', 'a2', 'a3', 'a4'].map((name) => checks.run(queue, 'a', name));
  await assert.rejects(checks.run(queue, 'a', 'a5'), { code: 'KEY_CHECKS_BUSY' });
  const modest = checks.run(queue, 'b', 'b1');
  await assert.rejects(greedy[3]!, { code: 'KEY_CHECKS_BUSY' });
  await checks.until(4);
  assert.deepEqual(checks.begun, ['a1', 'a2', 'b1', 'a3']);
  assert.equal(await modest, 'b1');
  queue.close();
});

test('a key whose turn does not come in time is refused', async () => {
  const queue = new CheckQueue({ maxWaiting: 3, maxWaitMs: 20, pauseFactor: 0, maxPauseMs: 60_000 });
  const checks = new Checks();
  void checks.run(queue, 'a', 'a1');
  await assert.rejects(checks.run(queue, 'b', 'b1'), { code: 'KEY_CHECKS_BUSY' });
  queue.close();
  assert.deepEqual(checks.begun, ['a1']);
});

test('behind each check comes a pause as long as is asked for, and a check that comes in it waits', async () => {
  const queue = new CheckQueue({ maxWaiting: 3, maxWaitMs: 60_000, pauseFactor: 2, maxPauseMs: 60_000 });
  const spans: [from: number, to: number][] = [];
  const check = async () => {
    const from = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    spans.push([from, performance.now()]);
  };
  await queue.run('a', check);
  await queue.run('a', check);
  const [[from, to], [next]] = spans as [[number, number], [number, number]];
  assert.ok(next - to >= 2 * (to - from) - 2, `${next - to} ms behind a check of ${to - from} ms`);
  queue.close();
});

test('a queue that is closed refuses who waits, and keeps nobody waiting for its pause', async () => {
  const queue = new CheckQueue({ maxWaiting: 3, maxWaitMs: 60_000, pauseFactor: 1e6, maxPauseMs: 60_000 });
  await queue.run('a', () => new Promise((resolve) => setTimeout(resolve, 5)));
  const waiting = queue.run('a', async () => {}).catch(code);
  queue.close();
  assert.equal(await waiting, 'KEY_CHECKS_CLOSED');
});

test('behind a check that was kept from its core for long the next one does not have to wait for long', async () => {
  const queue = new CheckQueue({ maxWaiting: 3, maxWaitMs: 5000, pauseFactor: 1e6, maxPauseMs: 10 });
  const slow = queue.run('a', () => new Promise((resolve) => setTimeout(resolve, 20, 'slow')));
  const next = queue.run('b', async () => 'next');
  assert.deepEqual(await Promise.all([slow, next]), ['slow', 'next']);
  queue.close();
});

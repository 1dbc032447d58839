/** Bus and proxy workers that do not behave, under the supervision of the main thread. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { SupervisedWorker, WorkerFailure } from '../../src/main/supervision.ts';
import type { FromReader, ToReader } from '../../src/workers/worker-messages.ts';
import type { FaultyTask } from '../support/faulty-worker.ts';
import { until } from '../support/until.ts';

interface Scene {
  readonly worker: SupervisedWorker;
  readonly fatal: string[];
  readonly messages: { readonly message: FromReader; readonly reply: (answer: ToReader) => void }[];
  gone: number;
}

/** @param faults of the first worker, the second, and so on; the last one stays */
function scene(
  t: TestContext,
  faults: readonly FaultyTask['fault'][],
  wedgedAfterMs = 300,
  canRestart = true,
): Scene {
  let lives = 0;
  const worker = new SupervisedWorker({
    name: 'faulty',
    script: new URL('../support/faulty-worker.ts', import.meta.url),
    task: () => ({ fault: faults[Math.min(lives++, faults.length - 1)]! }) satisfies FaultyTask,
    wedgedAfterMs,
    canRestart,
    log: pino({ level: 'silent' }),
    onMessage: (message, reply) => made.messages.push({ message, reply }),
    onGone: () => {
      made.gone++;
    },
    onFatal: (code) => made.fatal.push(code),
  });
  const made: Scene = { worker, fatal: [], messages: [], gone: 0 };
  t.after(() => worker.stop());
  return made;
}

const OUTCOME = { status: 'refused', code: 'AUTHENTICATION_ERROR', message: 'no' } as const;

test('a worker whose event loop does not turn ends the process with the reason WORKER_WEDGED', async (t) => {
  const { worker, fatal } = scene(t, ['never answers']);
  await worker.start();
  await until('the verdict', () => fatal.length > 0);
  assert.deepEqual(fatal, ['WORKER_WEDGED']);
});

test('a worker that nothing can take the place of ends the process when it leaves, but not when it is asked to', async (t) => {
  const { worker, fatal, messages } = scene(t, ['exits when asked', 'none'], 300, false);
  await worker.start();
  await until('the first question', () => messages.length > 0);
  messages[0]!.reply({ type: 'keyVerified', id: 1, outcome: OUTCOME });
  await until('the verdict', () => fatal.length > 0);
  assert.deepEqual([fatal, worker.restarts, worker.isRunning], [['WORKER_FAILED'], 0, false]);
  const asked = scene(t, ['none'], 300, false);
  await asked.worker.start();
  await asked.worker.stop();
  assert.deepEqual(asked.fatal, []);
});

test('a main thread that stood still does not take its workers for wedged', async (t) => {
  const { worker, fatal, messages } = scene(t, ['none'], 800);
  await worker.start();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  await until('the first question', () => messages.length > 0);
  // Had it been taken for wedged, that would have happened in the turn of the first overdue timer.
  const { reply } = messages[0]!;
  reply({ type: 'keyVerified', id: 1, outcome: OUTCOME });
  await until('a sign of life', () => messages.some(({ message }) => message.type === 'need'));
  assert.deepEqual(fatal, []);
});

test('a worker that throws at its start makes the start fail with what it threw', async (t) => {
  const { worker } = scene(t, ['throws at start']);
  await assert.rejects(worker.start(), (error) => {
    assert.ok(error instanceof WorkerFailure);
    assert.equal(error.code, 'WORKER_FAILED');
    assert.match(error.message, /no luck today/);
    return true;
  });
  assert.equal(worker.restarts, 0);
});

test('a worker that exits without a word is started again, later each time, until it stays', async (t) => {
  const made = scene(t, ['exits when asked', 'exits silently', 'exits silently', 'none']);
  assert.equal(await made.worker.start(), 7);
  const { reply } = await until('its question', () => made.messages[0]);
  const from = performance.now();
  reply({ type: 'keyVerified', id: 1, outcome: OUTCOME });
  await until('the fourth worker', () => made.messages.length > 1);
  assert.equal(made.worker.restarts, 3);
  assert.equal(made.gone, 3);
  // Half of 100 ms, of 200 ms and of 400 ms: the backoff at its quickest.
  assert.ok(performance.now() - from >= 350);
});

test('an answer to a worker that is gone does not reach the one that took its place', async (t) => {
  const made = scene(t, ['exits when asked', 'none']);
  await made.worker.start();
  const first = await until('its question', () => made.messages[0]);
  first.reply({ type: 'keyVerified', id: 1, outcome: OUTCOME });
  const second = await until('the question of the second', () => made.messages[1]);
  first.reply({ type: 'keyVerified', id: 1, outcome: OUTCOME });
  second.reply({ type: 'keyVerified', id: 1, outcome: OUTCOME });
  await until('the answer to be heard', () => made.messages.length > 2);
  // Messages of a thread keep their order, so a second echo would have come before this question's.
  second.reply({ type: 'keyVerified', id: 2, outcome: OUTCOME });
  await until('the second answer', () => made.messages.length > 3);
  assert.equal(made.messages.length, 4);
});

test('a worker that does not leave is waited for as long as was said', async (t) => {
  const { worker } = scene(t, ['leaves when asked twice']);
  await worker.start();
  assert.equal(await worker.stopWithin(1), false);
  assert.equal(await worker.stopWithin(10_000), true);
});

test('a start that is interrupted by a stop fails instead of waiting for ever', async (t) => {
  const { worker } = scene(t, ['never ready']);
  const start = worker.start();
  const refused = assert.rejects(start, WorkerFailure);
  await worker.stop();
  await refused;
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDoorbells, Doorbell, DoorbellRinger } from '../../src/workers/ring/doorbell.ts';

const LONG_MS = 60_000;

/** Whether a promise is resolved by the time that other work of the event loop has had its turn. */
async function isResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => {
    resolved = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  return resolved;
}

/** `waitAsync` holds no thread, so a test that only sleeps would be cut off. */
function keepAlive(context: { after: (end: () => void) => void }): void {
  const timer = setInterval(() => {}, LONG_MS);
  context.after(() => clearInterval(timer));
}

test('ringing wakes every reader that sleeps', async (t) => {
  keepAlive(t);
  const doorbells = createDoorbells(32);
  const readers = [0, 7, 31].map((reader) => new Doorbell(doorbells, reader));
  for (const reader of readers) reader.arm();
  const sleeps = readers.map((reader) => reader.sleep());
  assert.deepEqual(await Promise.all(sleeps.map(isResolved)), [false, false, false]);
  new DoorbellRinger(doorbells).ring();
  await Promise.all(sleeps);
});

test('a ring between the last look for work and the sleep is not lost', async () => {
  const doorbells = createDoorbells();
  const reader = new Doorbell(doorbells, 3);
  reader.arm();
  new DoorbellRinger(doorbells).ring();
  assert.equal(await isResolved(reader.sleep()), true);
});

test('a reader that was woken can sleep and be woken again', async (t) => {
  keepAlive(t);
  const doorbells = createDoorbells();
  const reader = new Doorbell(doorbells, 0);
  const ringer = new DoorbellRinger(doorbells);
  for (let i = 0; i < 3; i++) {
    reader.arm();
    const sleep = reader.sleep();
    assert.equal(await isResolved(sleep), false);
    ringer.ring();
    await sleep;
  }
});

test('a reader that disarms ends its own sleep, and only its own', async (t) => {
  keepAlive(t);
  const doorbells = createDoorbells();
  const [one, other] = [new Doorbell(doorbells, 0), new Doorbell(doorbells, 1)];
  one.arm();
  other.arm();
  const [sleepOfOne, sleepOfOther] = [one.sleep(), other.sleep()];
  one.disarm();
  await sleepOfOne;
  assert.equal(await isResolved(sleepOfOther), false);
  other.disarm();
  await sleepOfOther;
});

test('readers that are awake cost the writer no notification', (t) => {
  const doorbells = createDoorbells();
  const reader = new Doorbell(doorbells, 0);
  const notify = t.mock.method(Atomics, 'notify');
  const ringer = new DoorbellRinger(doorbells);
  ringer.ring();
  reader.arm();
  ringer.ring();
  ringer.ring();
  reader.disarm();
  assert.equal(notify.mock.callCount(), 1);
});

test('a place that another reader could share or that does not exist is refused', () => {
  const doorbells = createDoorbells(4);
  for (const reader of [4, -1, 0.5]) assert.throws(() => new Doorbell(doorbells, reader), /no place among 4/);
  for (const readers of [0, 33, 1.5]) assert.throws(() => createDoorbells(readers), /readers/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReaderRest } from '../../src/main/replay/reader-rest.ts';
import { createDoorbells, Doorbell, DoorbellRinger } from '../../src/workers/ring/doorbell.ts';

const BUS = 0;
const PROXIES = [1, 2];

function scene() {
  const doorbells = createDoorbells(1 + PROXIES.length);
  const readers = [BUS, ...PROXIES].map((reader) => new Doorbell(doorbells, reader));
  const closing = new AbortController();
  const rest = new ReaderRest(doorbells);
  return { doorbells, readers, closing, rest, drained: () => rest.untilDrained(closing.signal) };
}

/** How it stands after a while in which nothing changed. */
async function stateOf(promise: Promise<void>): Promise<string> {
  const later = new Promise<string>((resolve) => setTimeout(() => resolve('waits'), 30));
  return Promise.race([promise.then(() => 'drained'), later]);
}

test('a replay goes on when every proxy has seen everything, whether the bus has subscribers or not', async () => {
  const { readers, drained } = scene();
  for (const proxy of PROXIES) readers[proxy]!.arm();
  assert.equal(await stateOf(drained()), 'drained');
  readers[PROXIES[1]!]!.disarm();
  const waiting = drained();
  assert.equal(await stateOf(waiting), 'waits');
  readers[PROXIES[1]!]!.arm();
  await waiting;
});

test('a bus that reads is waited for, and not for ever when its last subscriber has left', async () => {
  const { doorbells, readers, drained } = scene();
  for (const reader of readers) reader.arm();
  await drained();
  new DoorbellRinger(doorbells).ring();
  for (const proxy of PROXIES) readers[proxy]!.arm();
  const waiting = drained();
  assert.equal(await stateOf(waiting), 'waits');
  await waiting;
  assert.equal(await stateOf(drained()), 'drained', 'from then on nobody waits for it');
});

test('a replay that is stopped waits for no reader: those of a stopped engine never rest again', async () => {
  const { closing, drained } = scene();
  const waiting = drained();
  closing.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
});

/** The bus worker's thread ends when it is asked to, whatever it is at. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Subscriber } from 'zeromq';
import { MODE } from '../../src/codec/tick.ts';
import { loadConfig } from '../../src/main/config.ts';
import { EngineMemory } from '../../src/main/engine-memory.ts';
import { workerScript } from '../../src/main/worker-script.ts';
import { busTask } from '../../src/main/worker-tasks.ts';
import type { FromReader, FromSupervised } from '../../src/workers/worker-messages.ts';
import { ControlClient } from '../support/control-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

interface StartedWorker {
  readonly worker: Worker;
  readonly endpoint: string;
  readonly messages: (FromReader | FromSupervised)[];
  hasExited: boolean;
}

function startBusWorker(t: TestContext): StartedWorker {
  const cwd = temporaryDirectory(t);
  const endpoint = `ipc://${cwd}/bus`;
  const argv = [`--bus-endpoint=${endpoint}`, '--bus-linger=3600'];
  const { config } = loadConfig({ argv, env: {}, cwd });
  const page = { watch: [], demoKey: null, simulated: false, replayed: false, html: '' };
  const host = { version: '0', page, accounts: [], takeovers: 0, curve: null };
  const memory = new EngineMemory(config, 1);
  const worker = new Worker(workerScript('bus/bus-worker'), {
    workerData: busTask(config, memory.shared, 0, host),
  });
  const started: StartedWorker = { worker, endpoint, messages: [], hasExited: false };
  worker.on('message', (message) => started.messages.push(message));
  worker.on('exit', () => {
    started.hasExited = true;
  });
  return started;
}

test('an answer of main that crosses the end of the bus worker does not keep its thread', async (t) => {
  const started = startBusWorker(t);
  const { worker, endpoint, messages } = started;
  const control = new ControlClient(t, endpoint);
  void control.resolve('user', [{ exchange: 'NSE', symbol: 'RELIANCE', mode: MODE.QUOTE }]).catch(() => {});
  const question = await until('the question', () => messages.find(({ type }) => type === 'subscribe'));
  assert.ok(question.type === 'subscribe');
  const instrument = {
    slot: 0,
    broker: 'angel',
    exchange: 'NSE',
    symbol: 'RELIANCE',
    segment: 1,
    token: '1',
  };
  const outcomes = [{ status: 'ok', instruments: [instrument] }];
  worker.postMessage({ type: 'stop' });
  worker.postMessage({ type: 'subscribed', id: question.id, outcomes });
  await until('the end of the thread', () => started.hasExited);
});

test('what a bus worker counted up to its end is told before it leaves: the next one goes on from there', async (t) => {
  const started = startBusWorker(t);
  const { worker, endpoint, messages } = started;
  const control = new ControlClient(t, endpoint);
  await until('a first count', () => messages.some(({ type }) => type === 'counters'));
  await control.hello();
  worker.postMessage({ type: 'stop' });
  await until('the end of the thread', () => started.hasExited);
  const [counted, left] = messages.slice(-2);
  assert.equal(left?.type, 'left');
  assert.ok(counted?.type === 'counters');
  assert.equal(counted.counters.requests, 1);
});

test('a bus worker that is stopped in order says so to its readers, after all else', async (t) => {
  const started = startBusWorker(t);
  const reader = new Subscriber({ linger: 0 });
  t.after(() => reader.close());
  reader.subscribe('@heartbeat/');
  await until('the start', () => started.messages.some(({ type }) => type === 'ready'));
  reader.connect(started.endpoint);
  const heartbeats: string[] = [];
  void (async () => {
    for await (const [, text] of reader) heartbeats.push(String(text));
  })().catch(() => {});
  await until('a heartbeat', () => heartbeats.length > 0);
  for (const type of ['goodbye', 'stop']) started.worker.postMessage({ type });
  await until('the end of the thread', () => started.hasExited);
  await until('the good-bye', () => heartbeats.at(-1)?.includes('"leaving":true'));
  assert.equal(heartbeats.filter((text) => text.includes('leaving')).length, 1);
});

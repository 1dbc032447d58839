/** What the doctor makes of whoever listens where the engine of this directory would. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { check } from '../../src/main/doctor/engine-answers.ts';
import { findRunningEngine } from '../../src/main/doctor/running-engine.ts';
import { doctorContext } from '../support/doctor-context.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NOW = '2026-11-23T03:30:00Z';

async function listen(t: TestContext, onConnection: (socket: Socket) => void): Promise<string> {
  const path = join(temporaryDirectory(t), 'tickwire.sock');
  const server = createServer(onConnection).listen(path);
  await once(server, 'listening');
  t.after(() => server.close());
  return path;
}

async function verdict(path: string) {
  const engine = await findRunningEngine(path);
  const [outcome] = await check(doctorContext([], NOW, '/', { engine }));
  return { engine, verdict: outcome?.verdict, advice: outcome?.advice ?? '' };
}

test('an engine that says which process it is is go, and its process is known', async (t) => {
  const path = await listen(t, (socket) => socket.end('{"ok":true,"pid":4711}\n'));
  assert.deepEqual(await verdict(path), {
    engine: { path, pid: 4711, trouble: null },
    verdict: 'go',
    advice: '',
  });
});

test('an engine that hangs up instead of an answer is no-go, with what to do; where nobody listens nothing is wrong', async (t) => {
  const path = await listen(t, (socket) => socket.destroy());
  const hungUp = await verdict(path);
  assert.deepEqual([hungUp.verdict, hungUp.engine?.pid], ['no-go', null]);
  assert.match(hungUp.engine?.trouble ?? '', /does not answer/);
  assert.match(hungUp.advice, /look into its log, then end its process/);
  assert.equal((await verdict(join(temporaryDirectory(t), 'nobody'))).verdict, 'go');
});

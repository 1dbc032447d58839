/** An engine that is stopped in the middle of a fault: it leaves in time, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FaultScene, NEW_LOGIN } from '../../support/fault-scene.ts';
import { type Handles, openHandles, untilHandlesAreBack } from '../../support/open-handles.ts';
import { until } from '../../support/until.ts';

/** The feed worker gives a close handshake a second, and main gives the worker two. */
const LONGEST_STOP_MS = 4000;

async function startScene(t: TestContext, flags: readonly string[] = []): Promise<FaultScene> {
  return FaultScene.start(t, { throughGate: true, flags });
}

async function stop(scene: FaultScene, duringStop: () => void = () => {}): Promise<void> {
  const { fixture, gate, exchange } = scene;
  const since = performance.now();
  const stopping = fixture.engine.stop();
  duringStop();
  await stopping;
  const tookMs = performance.now() - since;
  assert.ok(tookMs < LONGEST_STOP_MS, `the stop took ${tookMs} ms`);
  const attempts = gate!.accepted;
  gate!.hold(false);
  for (const client of [scene.plain, scene.watcher]) {
    assert.deepEqual(await client.untilClosed(), { code: 1001, reason: 'going away' });
  }
  await until('the end of all sockets', () => gate!.open === 0 && exchange.connections.length === 0);
  assert.equal(gate!.accepted, attempts, 'no attempt after the stop');
  assert.deepEqual(fixture.fatal, []);
}

const FAULTS: readonly (readonly [what: string, run: (t: TestContext) => Promise<void>])[] = [
  [
    'live, with an exchange that hangs',
    async (t) => {
      const scene = await startScene(t);
      scene.gate!.hold(true);
      await stop(scene);
    },
  ],
  [
    'live, with a reset in the same moment',
    async (t) => {
      const scene = await startScene(t);
      await stop(scene, () => scene.gate!.reset());
    },
  ],
  [
    'live, with a new login in the same moment',
    async (t) => {
      const scene = await startScene(t);
      await stop(scene, () => scene.logIn(NEW_LOGIN));
    },
  ],
  [
    'connecting, without an answer to the handshake',
    async (t) => {
      const scene = await startScene(t);
      scene.gate!.hold(true);
      scene.logIn(NEW_LOGIN);
      await until('a handshake that waits', () => scene.gate!.waiting === 1);
      await stop(scene);
    },
  ],
  [
    'reconnecting, in a long wait',
    async (t) => {
      const scene = await startScene(t, ['--reconnect-initial-ms=60000', '--reconnect-max-ms=60000']);
      scene.exchange.dropAll();
      await scene.untilFeedIs('reconnecting');
      await stop(scene);
    },
  ],
  [
    'reconnecting, without an answer to the handshake',
    async (t) => {
      const scene = await startScene(t);
      scene.exchange.refuseAll({ status: 500 });
      scene.exchange.dropAll();
      await until('a refusal', () => scene.exchange.counters.connectionsRefused > 0);
      scene.gate!.hold(true);
      // One that was on its way when the network was lost has no answer either.
      await until('a handshake', () => scene.gate!.open === 1);
      await stop(scene);
    },
  ],
  [
    'refused, with tokens that are no good',
    async (t) => {
      const scene = await startScene(t);
      scene.exchange.refuseNext({ status: 401 });
      scene.exchange.dropAll();
      await scene.untilFeedIs('refused');
      await stop(scene);
    },
  ],
];

test('an engine that is stopped in any state leaves in time, and nothing behind', async (t) => {
  let calm: Handles = {};
  await t.test('live, in peace', async (sub) => {
    await stop(await startScene(sub));
    calm = openHandles();
  });
  for (const [what, run] of FAULTS) {
    await t.test(what, async (sub) => {
      await run(sub);
      await untilHandlesAreBack(calm);
    });
  }
});

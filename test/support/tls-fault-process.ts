/** TLS that fails, in a process that trusts `TEST_TLS` and nobody else: everything else is as in other faults. */
import assert from 'node:assert/strict';
import { knownDemoInstruments } from '../../src/main/simulator/demo-simulation.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import { FIXTURE_CREDENTIALS } from './engine-fixture.ts';
import { FaultScene } from './fault-scene.ts';
import { playScene } from './scene-process.ts';
import { STRANGER_TLS, TEST_TLS } from './tls-identity.ts';
import { until } from './until.ts';

await playScene(async (t) => {
  const reasons: string[] = [];
  const scene = await FaultScene.start(t, { throughGate: true, exchange: { tls: TEST_TLS } });
  const { exchange, gate, fixture } = scene;
  const honest = gate!.target;
  const impostors = [{ tls: STRANGER_TLS }, {}].map(
    (options) =>
      new SimulatedExchange({
        ...options,
        instruments: knownDemoInstruments(),
        credentials: FIXTURE_CREDENTIALS,
      }),
  );
  for (const impostor of impostors) t.after(() => impostor.close());
  const targets = await Promise.all(impostors.map((impostor) => impostor.listen()));
  gate!.target = Number(new URL(targets[0]!.url).port);
  exchange.dropAll();
  for (const { url } of targets) {
    gate!.target = Number(new URL(url).port);
    const accepted = gate!.accepted;
    await until('two attempts', () => gate!.accepted > accepted + 2);
    assert.equal(fixture.engine.feeds[0]!.state, 'reconnecting');
    reasons.push(fixture.engine.feeds[0]!.detail);
  }
  for (const { counters } of impostors) {
    // Not even the headers of a handshake came: they have the tokens in them.
    assert.deepEqual([counters.connectionsAccepted, counters.connectionsRefused], [0, 0]);
  }
  gate!.target = honest;
  for (const impostor of impostors) await impostor.close();
  await scene.assertRecovered({ outages: 1 });
  return { reasons };
});

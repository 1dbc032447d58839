/** Clients whose network is gone without a word: found by the heartbeat of their dialect, and all that they held is freed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { NetworkGate } from '../support/network-gate.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const NEVER = '3600';

/** The dialect, its own options of the heartbeat, and those of the other one. */
const DIALECTS = [
  ['openalgo', 'ws-ping', 'design-ping'],
  ['design', 'design-ping', 'ws-ping'],
] as const;

for (const [dialect, own, other] of DIALECTS) {
  test(`half-open clients of the ${dialect} dialect are found by its pings, and what they held is freed`, async (t) => {
    const flags = [`--${own}-interval=0.1`, `--${own}-timeout=0.3`];
    flags.push(`--${other}-interval=${NEVER}`, `--${other}-timeout=${NEVER}`);
    const fixture = await startEngineFixture(t, { flags });
    const { engine, exchange, wsUrl, key } = fixture;
    const gate = await NetworkGate.listen(t);
    gate.target = Number(new URL(wsUrl).port);
    gate.holdsCloses = true;
    const path = `/?dialect=${dialect}`;
    const steady = await fixture.client({ path });
    await steady.subscribe('NSE', 'INFY', 1);
    const [kept] = await until('the upstream subscription', () => {
      const [connection] = exchange.connections;
      return connection !== undefined && connection.subscriptions.length === 1 && connection.subscriptions;
    });
    const lost: TestClient[] = [];
    for (let i = 0; i < 5; i++) {
      const client = await TestClient.connect(`ws://127.0.0.1:${gate.port}`, key, { path });
      t.after(() => client.terminate());
      await client.subscribe('NSE', 'RELIANCE', 1);
      lost.push(client);
    }
    exchange.step(10);
    await until('ticks at all of them', () => lost.every((client) => client.ticks().length > 0));
    const counter = (name: string) =>
      engine.readers.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0);
    gate.hold(true);
    await until('their end', () => counter('clients') === 1 && counter('keepalive') === lost.length);
    assert.equal(counter('instruments'), 1, 'only the steady one holds something');
    await untilUpstream(exchange, [`${kept!.exchangeType}:${kept!.token}:${kept!.mode}`]);
    const from = steady.ticks().length;
    exchange.step(10);
    await until('ticks at the steady client', () => steady.ticks().length > from);
    assert.equal(steady.closed, null);
    assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
  });
}

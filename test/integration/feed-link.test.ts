/** What a feed host that is there in part, or a client that asks too much, does to the others on a proxy. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBusIntake } from '../support/bus-intake-scene.ts';
import { FakeFeedHost } from '../support/fake-feed-host.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

async function scene(t: TestContext, ...names: string[]) {
  const directory = temporaryDirectory(t);
  const endpoints = names.map((name) => `ipc://${join(directory, name)}`);
  const hosts = await Promise.all(endpoints.map((endpoint, i) => FakeFeedHost.start(t, endpoint, names[i])));
  for (const host of hosts) host.users.set('good', 'anna');
  const proxy = startBusIntake(t, [endpoints]);
  await proxy.untilUp(hosts.length);
  return { ...proxy, hosts };
}

test('a feed host that answers questions but whose bus is silent is away: no tick could come', async (t) => {
  const { intake, hosts } = await scene(t, 'bus');
  hosts[0]!.isSilent = true;
  await until('the host is away', async () => {
    // As clients that come all the time make it answer.
    await intake.control.verifyKey('good');
    return intake.counters().linksUp === 0;
  });
});

test('a key of any length is refused like any other, and costs nobody an answer', async (t) => {
  const { intake, hosts } = await scene(t, 'bus');
  const keys = ['x'.repeat(1025), 'good', 'x'.repeat(1_000_000)];
  const outcomes = await Promise.all(keys.map((key) => intake.control.verifyKey(key)));
  const refused = { status: 'refused', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' };
  assert.deepEqual([outcomes[0], outcomes[1]!.status, outcomes[2]], [refused, 'ok', refused]);
  assert.deepEqual(
    hosts[0]!.requests.flatMap((request) => (request.type === 'verifyKey' ? [request.key] : [])),
    ['good'],
  );
});

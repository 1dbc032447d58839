/** Who can listen where an engine listens. The library lets two listeners have one port on Linux, and nobody is told. */

import { App, us_listen_socket_close } from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';

const ON_LINUX = { skip: process.platform !== 'linux' && 'a port is shared on Linux only' };

/** Whether another program that would share the port gets a place on it. */
async function canBeShared(t: TestContext, ...flags: readonly string[]): Promise<boolean> {
  const { wsUrl } = await startEngineFixture(t, { flags });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const app = App();
  app.listen('127.0.0.1', Number(new URL(wsUrl).port), (socket) => {
    if (socket !== false) us_listen_socket_close(socket);
    resolve(socket !== false);
  });
  const isShared = await promise;
  app.close();
  return isShared;
}

test(
  'an engine with one proxy worker has its port for itself, whoever looked at it in the same moment',
  ON_LINUX,
  async (t) => {
    assert.equal(await canBeShared(t), false);
  },
);

test('the proxy workers of an engine share its port among themselves', ON_LINUX, async (t) => {
  assert.equal(await canBeShared(t, '--proxy-workers=2'), true);
});

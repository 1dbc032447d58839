/** When OpenAlgo's bus is bound, and what somebody reads when it cannot be. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { TickwireError } from '../../src/main/errors.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';

const FLAGS = ['--openalgo-bus=on', '--zmq-port=0'];

test("C-28 when the port of OpenAlgo's bus is taken the start fails, says what to do, and takes no other port", async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address!.port : 0;
  await assert.rejects(
    startEngineFixture(t, { flags: ['--openalgo-bus=on', `--zmq-port=${port}`] }),
    (error: unknown) => {
      assert.ok(error instanceof TickwireError);
      assert.equal(error.code, 'PORT_IN_USE');
      assert.match(error.message, new RegExp(`ZMQ_HOST:ZMQ_PORT is 127\\.0\\.0\\.1:${port}.*2\\.0\\.1\\.5`));
      return true;
    },
  );
});

test('an address that is not of this machine is refused with advice', async (t) => {
  await assert.rejects(
    startEngineFixture(t, { flags: [...FLAGS, '--zmq-host=nobody.invalid'] }),
    (error: unknown) =>
      error instanceof TickwireError && /ZMQ_HOST must be an IP address/.test(error.message),
  );
});

test('without an OpenAlgo installation its bus is not bound, and order subscriptions are confirmed all the same', async (t) => {
  const { started, engine, client } = await startEngineFixture(t, { flags: ['--zmq-port=0'] });
  assert.equal(started.openalgoBusEndpoint, null);
  assert.equal(engine.openalgoBus, null);
  const one = await client();
  assert.equal((await one.ask({ action: 'subscribe_orders' })).message.status, 'success');
});

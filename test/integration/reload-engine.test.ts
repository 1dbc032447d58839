/** What the main thread keeps and looks at, made another while clients are connected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const KIB = 1024;

test('sessions are kept as long, as many and as large as the limits in force say', async (t) => {
  const { client, reload } = await startEngineFixture(t);
  const features = ['session'];
  const sessionOf = ({ received }: TestClient) =>
    String(received.find(({ message }) => message.type === 'auth')?.message.session);
  const leave = async (each: TestClient) => {
    each.socket.close();
    await each.untilClosed();
  };
  const statusOf = async (session: string) => {
    const back = await client({ features, session });
    const { message } = await back.next('word of the session', (each) => each.message.type === 'session');
    await leave(back);
    return message.status;
  };

  const first = await client({ features });
  await leave(first);
  assert.equal(await statusOf(sessionOf(first)), 'resumed');
  await reload('TICKWIRE_SESSION_RETENTION=0.01');
  await until(
    'the end of a session that is kept',
    async () => (await statusOf(sessionOf(first))) !== 'resumed',
  );

  await reload('TICKWIRE_SESSIONS_PER_KEY=1');
  const only = await client({ features });
  assert.match(sessionOf(only), /^[\w-]{22}$/);
  assert.doesNotMatch(sessionOf(await client({ features })), /^[\w-]{22}$/);
  await leave(only);

  await reload('TICKWIRE_SESSIONS_PER_KEY=200');
  const many = await Promise.all(Array.from({ length: 140 }, () => client({ features })));
  for (const each of many) await leave(each);
  assert.equal(await statusOf(sessionOf(many[0]!)), 'resumed');
  // At 512 bytes each they are more than that together; the one that was left first gives way.
  await reload('TICKWIRE_SESSIONS_PER_KEY=200', `TICKWIRE_SESSION_BYTES=${64 * KIB}`);
  assert.notEqual(await statusOf(sessionOf(many[1]!)), 'resumed');
  assert.equal(await statusOf(sessionOf(many.at(-1)!)), 'resumed');
});

test('an engine that looked at its database once an hour does so as often as it is told to', async (t) => {
  const { client, reload, writeDatabase } = await startEngineFixture(t, {
    envFile: ['TICKWIRE_DATABASE_POLL=1h'],
  });
  const trader = await client();
  await trader.subscribe('NSE', 'RELIANCE', 1);
  const isConnected = async () => {
    const { message } = await trader.ask({ action: 'get_broker_info' });
    return JSON.stringify(message).includes('"disconnected"') === false;
  };
  await until('the broker', isConnected);
  writeDatabase((db) => db.exec('UPDATE auth SET is_revoked = 1'));
  await reload('TICKWIRE_DATABASE_POLL=0.05');
  await until('the logout', async () => !(await isConnected()));
});

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { connect } from '../../../src/client/index.ts';
import { until } from '../../support/until.ts';

test('a refused connection is tried again after the backoff, not after the time that one may take to open', async (t) => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const client = connect({
    url: `ws://127.0.0.1:${port}`,
    key: 'k',
    reconnect: { initialMs: 10, maxMs: 20 },
    times: { openMs: 60_000 },
  });
  t.after(() => client.close());
  let attempts = 0;
  client.on('error', () => {});
  client.on('state', ({ state }) => {
    if (state === 'waiting') attempts++;
  });
  await until('three attempts', () => attempts >= 3);
});

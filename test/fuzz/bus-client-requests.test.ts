import { test } from 'node:test';
import { surviveHostileClients } from '../support/hostile-conversations.ts';
import { useTickTransport } from '../support/tick-source-flags.ts';

test('whatever clients of a proxy send that is fed over the bus, it lives, answers, and no other client misses a tick', async (t) => {
  useTickTransport('tcp');
  await surviveHostileClients(t);
});

/** What all clients together may leave unread: who is furthest behind goes, and the others do not notice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;
/** More than the kernel takes for a client that does not read. */
const UNREAD_MIB = 20;

test('when clients that do not read leave too much unread together, they go, and who reads misses nothing', async (t) => {
  const { client, exchange, engine } = await startEngineFixture(t, {
    // Nobody alone comes near the limit of one client.
    flags: [
      `--max-outbound-bytes=${MIB}`,
      `--max-backpressure-bytes=${256 * MIB}`,
      '--request-burst=1000000',
    ],
  });
  const fast = await client({ features: ['sequence'] });
  await fast.subscribe('NSE', 'RELIANCE', 3);
  exchange.step();
  await until('a tick', () => fast.ticks().length > 0);
  // The answer is as long as the question.
  const ping = JSON.stringify({ action: 'ping', _pingId: 'x'.repeat(MIB - 100) });
  for (const each of [await client(), await client()]) {
    each.socket.pause();
    for (let i = 0; i < UNREAD_MIB; i++) each.sendRaw(ping);
  }
  const clients = () => engine.readers.reduce((sum, { counters }) => sum + (counters.clients ?? 0), 0);
  let sent = fast.ticks().length;
  const isAlone = async () => {
    exchange.step();
    sent++;
    await until('the tick at who reads', () => fast.ticks().length >= sent);
    return clients() === 1;
  };
  await until('the end of who does not read', isAlone, 60_000);
  const seqs = fast.ticks().map(({ seq }) => Number(seq));
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => seqs[0]! + i),
  );
  assert.equal((await fast.ask({ action: 'ping' })).message.type, 'pong');
});

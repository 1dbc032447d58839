/** The features that a client may choose: each adds what it says, and nobody else sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { EVERY_TICK } from '../support/every-tick.ts';
import type { Message, Received, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };
const TOKEN = '1:2885';
const isTick = ({ message }: Received) => message.type === 'market_data';
const DEPLOYED_KEYS = ['type', 'symbol', 'exchange', 'mode', 'data', 'broker'];

/** Fails unless the sequence numbers rise by one, within one epoch. */
function assertContiguous(ticks: readonly Message[]): void {
  for (const [i, tick] of ticks.entries()) {
    assert.equal(tick.epoch, ticks[0]!.epoch);
    assert.equal(tick.seq, Number(ticks[0]!.seq) + i);
  }
}

test('features', async (t) => {
  const { client, exchange } = await startEngineFixture(t);
  const watcher = await client({ features: ['sequence'] });
  await watcher.subscribe('NSE', 'RELIANCE', 3);
  await watcher.next('the first image', isTick);

  await t.test('a client that chose none sees no new key', async () => {
    const plain = await client();
    for (const mode of [1, 2, 3]) await plain.subscribe('NSE', 'RELIANCE', mode);
    exchange.step();
    await until('the ticks', () => plain.ticks().length === 3);
    for (const tick of plain.ticks()) {
      assert.deepEqual(Object.keys(tick), DEPLOYED_KEYS);
      assert.doesNotMatch(JSON.stringify(tick), /epoch|seq|stamps|snapshot/);
    }
  });

  await t.test(
    'a refused symbol of a list has its code for a client that chose a feature, and for nobody else',
    async () => {
      const request = { action: 'subscribe', symbols: [{ symbol: 'NOPE', exchange: 'NSE' }], mode: 1 };
      const entryOf = async (each: TestClient) =>
        ((await each.ask(request)).message.subscriptions as Message[])[0]!;
      const plain = await entryOf(await client());
      const coded = await entryOf(await client({ features: ['snapshot'] }));
      assert.deepEqual(Object.keys(plain), ['symbol', 'exchange', 'status', 'message', 'broker']);
      assert.deepEqual(coded, { ...plain, code: 'SYMBOL_NOT_FOUND' });
    },
  );

  await t.test('the last value comes first and flagged, in the chosen mode and framing', async () => {
    exchange.step(3);
    for (const framing of ['json', 'msgpack'] as const) {
      const each = await client({ framing, features: ['snapshot'] });
      for (const mode of [1, 2, 3]) await each.subscribe('NSE', 'RELIANCE', mode);
      await until('the snapshots', () => each.ticks().length === 3);
      exchange.step();
      await until('the ticks', () => each.ticks().length === 6);
      const [one, two, three, ...live] = each.ticks();
      for (const [i, snapshot] of [one, two, three].entries()) {
        assert.deepEqual([snapshot!.mode, snapshot!.snapshot], [i + 1, true]);
        assert.deepEqual(Object.keys(snapshot!), [...DEPLOYED_KEYS, 'snapshot']);
      }
      for (const tick of live) assert.deepEqual(Object.keys(tick), DEPLOYED_KEYS);
      await until('the same at the watcher', () => {
        const last = watcher.ticks().at(-2);
        return JSON.stringify(last?.data) === JSON.stringify(three!.data);
      });
    }
  });

  await t.test('a last value of a lower mode is no snapshot of a higher one', async () => {
    const low = await client();
    const high = await client({ features: ['snapshot'] });
    await low.subscribe('NSE', 'INFY', 1);
    await low.next('the first image', isTick);
    await high.subscribe('NSE', 'INFY', 3);
    const { message } = await high.next('the depth image', isTick);
    assert.equal(message.mode, 3);
    assert.ok(Number((message.data as { upper_circuit: number }).upper_circuit) > 0);
    for (const each of [low, high]) await each.ask({ action: 'unsubscribe_all' });
    await untilUpstream(exchange, [`${TOKEN}:3`]);
  });

  await t.test('stamps follow one another, with every digit of a nanosecond', async () => {
    const each = await client({ features: ['stamps', 'snapshot'] });
    const before = BigInt(Date.now() - 1) * 1_000_000n;
    await each.subscribe('NSE', 'RELIANCE', 1);
    exchange.step(5);
    await until('the ticks', () => each.ticks().length === 6);
    const after = BigInt(Date.now() + 1) * 1_000_000n;
    for (const { text, message } of each.received.filter(isTick)) {
      const found =
        /"stamps": \{"exchange_time": (\d{19}), "receive_time": (\d{19}), "publish_time": (\d{19}), "send_time": (\d{19}), "exchange_seq": (\d+)\}/.exec(
          text,
        );
      assert.ok(found !== null, text);
      const [exchangeTime, receive, publish, send] = found.slice(1).map(BigInt);
      assert.equal(exchangeTime! % 1_000_000n, 0n);
      assert.ok(exchangeTime! <= receive! && receive! <= publish! && publish! <= send!, text);
      if (message.snapshot !== true) assert.ok(before <= receive! && send! <= after, text);
      assert.equal((message.data as { timestamp: number }).timestamp, Number(receive! / 1_000_000n));
      assert.ok(Number(found[5]) > 0);
    }
  });

  await t.test('an outage of the exchange is told to those who asked for sequence numbers', async () => {
    const others = [await client(), await client({ framing: 'msgpack', features: ['sequence'] })];
    for (const each of others) await each.subscribe('NSE', 'RELIANCE', 1);
    exchange.step();
    const [plain, sequenced] = others as [TestClient, TestClient];
    await until('a tick', () => sequenced.ticks().length > 0 && plain.ticks().length > 0);
    exchange.dropAll();
    for (const each of [watcher, sequenced]) {
      const { message } = await each.next('the gap', (received) => received.message.type === 'gap');
      const { last_epoch, last_seq, next_seq, epoch, ...rest } = message;
      const expected = { type: 'gap', ...RELIANCE, reason: 'outage', missed: null, broker: 'angel' };
      assert.deepEqual(rest, expected);
      assert.deepEqual([epoch, next_seq], [last_epoch, Number(last_seq) + 1]);
    }
    await plain.next('a tick after the outage', isTick, plain.received.length - 1);
    assert.ok(plain.received.every(({ message }) => message.type !== 'gap'));
  });
});

test('features while the market runs', async (t) => {
  const { client, exchange } = await startEngineFixture(t, {
    exchange: { ticksPerSecond: 3000 },
    flags: EVERY_TICK,
  });
  const watcher = await client({ features: ['sequence'] });
  await watcher.subscribe('NSE', 'RELIANCE', 3);
  await until('the market to run', () => watcher.ticks().length > 100);

  await t.test('a client that joins continues the last value without gap or duplicate', async () => {
    for (let join = 0; join < 30; join++) {
      const framing = join % 2 === 0 ? 'json' : 'msgpack';
      const each = await client({ framing, features: ['sequence', 'snapshot'] });
      await each.subscribe('NSE', 'RELIANCE', 1 + (join % 3));
      // A burst on top, so that the join falls into a full ring now and then.
      if (join % 5 === 0) exchange.step(500);
      await until('ticks behind the snapshot', () => each.ticks().length > 50);
      const ticks = each.ticks();
      each.terminate();
      assert.deepEqual(
        ticks.map(({ snapshot }) => snapshot ?? false),
        ticks.map((_, i) => i === 0),
      );
      assertContiguous(ticks);
    }
    assertContiguous(watcher.ticks());
  });

  await t.test('a client that joins sees the values that everybody else sees', async () => {
    const each = await client({ features: ['sequence', 'snapshot'] });
    await each.subscribe('NSE', 'RELIANCE', 3);
    await until('ticks', () => each.ticks().length > 100);
    const ticks = each.ticks().slice(0, 100);
    await until(
      'the same at the watcher',
      () => Number(watcher.ticks().at(-1)?.seq) >= Number(ticks.at(-1)!.seq),
    );
    const bySeq = new Map(watcher.ticks().map((tick) => [tick.seq, tick]));
    for (const { snapshot: _, ...tick } of ticks) assert.deepEqual(tick, bySeq.get(tick.seq));
    each.terminate();
  });

  await t.test('a change of mode by another client makes no gap', async () => {
    await watcher.ask({ action: 'unsubscribe_all' });
    const low = await client({ features: ['sequence', 'snapshot'] });
    await low.subscribe('NSE', 'RELIANCE', 1);
    await untilUpstream(exchange, [`${TOKEN}:1`]);
    const other = await client();
    for (let round = 0; round < 10; round++) {
      await other.subscribe('NSE', 'RELIANCE', 3);
      await untilUpstream(exchange, [`${TOKEN}:3`]);
      const seen = other.ticks().length;
      await until('depth ticks', () => other.ticks().length > seen + 5);
      await other.ask({ action: 'unsubscribe_all' });
      await untilUpstream(exchange, [`${TOKEN}:1`]);
      const before = low.ticks().length;
      await until('ticks of the lower mode', () => low.ticks().length > before + 5);
    }
    assertContiguous(low.ticks());
    assert.ok(low.received.every(({ message }) => message.type !== 'gap'));
    const values = low.ticks().map(({ data }) => data?.ltp);
    assert.ok(values.every((ltp) => Number(ltp) > 0));
  });
});

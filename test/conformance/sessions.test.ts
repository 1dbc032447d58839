/** A client that comes back in time gets what it held, told what it missed; nobody else does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { EVERY_TICK } from '../support/every-tick.ts';
import { addSecondAccount, SECOND_KEY } from '../support/second-account.ts';
import type { Message, Received, TestClient, TestClientOptions } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const FEATURES = ['session', 'sequence'];
const isOf =
  (type: string) =>
  ({ message }: Received) =>
    message.type === type;
const placeOf = ({ epoch, seq }: Message) => [epoch, seq];

/** The id in the authenticate answer. */
function sessionOf({ received }: TestClient): string {
  const { message } = received.find(isOf('auth'))!;
  assert.match(String(message.session), /^[\w-]{22}$/);
  return String(message.session);
}

async function leave(client: TestClient): Promise<void> {
  client.socket.close();
  await client.untilClosed();
}

test('sessions', async (t) => {
  const { client, exchange, key, engine } = await startEngineFixture(t, { prepare: addSecondAccount });
  const watcher = await client({ features: ['sequence'] });
  for (const symbol of ['RELIANCE', 'INFY']) await watcher.subscribe('NSE', symbol, 3);

  /** A client that goes on with a session, and what it is told about that. */
  const resume = async (session: string, options: TestClientOptions = {}) => {
    const back = await client({ features: FEATURES, ...options, session });
    const { message } = await back.next('word of the session', isOf('session'));
    return { back, told: message };
  };
  /** Lets the market tick until a client has so many more ticks of a symbol. */
  const untilMore = async (each: TestClient, symbol: string, count: number) => {
    const enough = each.ticks(symbol).length + count;
    await until(`${count} ticks of ${symbol}`, () => {
      if (each.ticks(symbol).length >= enough) return true;
      exchange.step();
      return false;
    });
  };
  /** Asserts that the market had no tick of a symbol that the client had not, from its first one on. */
  const assertContiguous = async (each: TestClient, symbol: string, mode: number) => {
    const own = each.ticks(symbol).filter((tick) => tick.mode === mode);
    const [, last] = placeOf(own.at(-1)!);
    const all = () => watcher.ticks(symbol);
    await until('the same at the watcher', () => all().some(({ seq }) => seq === last));
    const from = all().findIndex(({ seq }) => seq === own[0]!.seq);
    assert.deepEqual(
      own.map(placeOf),
      all()
        .slice(from, from + own.length)
        .map(placeOf),
    );
  };

  await t.test(
    'what was held comes back in one message, then the notice of what was missed, the last value, and the stream',
    async () => {
      const first = await client({ features: FEATURES });
      await first.subscribe('NSE', 'RELIANCE', 1);
      await first.subscribe('NSE', 'RELIANCE', 3);
      await first.subscribe('NSE', 'INFY', 2);
      await first.ask({ action: 'subscribe_orders' });
      await untilMore(first, 'RELIANCE', 4);
      await untilMore(first, 'INFY', 2);
      await leave(first);
      await untilMore(watcher, 'RELIANCE', 5);
      const { back, told } = await resume(sessionOf(first));
      await untilMore(back, 'RELIANCE', 6);
      const { away_ms, subscriptions, ...rest } = told;
      assert.deepEqual(rest, { type: 'session', status: 'resumed', orders: true });
      assert.ok(Number(away_ms) >= 0);
      const names = (subscriptions as Message[]).map(({ symbol, mode, status }) => [symbol, mode, status]);
      assert.deepEqual(names, [
        ['RELIANCE', 'LTP', 'success'],
        ['RELIANCE', 'Depth', 'success'],
        ['INFY', 'Quote', 'success'],
      ]);
      assert.equal(sessionOf(back), sessionOf(first));
      const parts = back.received.map(({ message }) => message);
      assert.deepEqual(
        parts.slice(0, 7).map(({ type, symbol, mode, snapshot }) => [type, symbol, mode, snapshot]),
        [
          ['auth', undefined, undefined, undefined],
          ['session', undefined, undefined, undefined],
          ['gap', 'RELIANCE', undefined, undefined],
          ['market_data', 'RELIANCE', 1, true],
          ['market_data', 'RELIANCE', 3, true],
          ['gap', 'INFY', undefined, undefined],
          ['market_data', 'INFY', 2, true],
        ],
      );
      assert.ok(
        parts.slice(7).every(({ type, snapshot }) => type === 'market_data' && snapshot === undefined),
      );
      for (const symbol of ['RELIANCE', 'INFY']) {
        const last = first.ticks(symbol).at(-1)!;
        const next = back.ticks(symbol)[0]!;
        const gap = parts.find(({ type, symbol: of }) => type === 'gap' && of === symbol)!;
        assert.deepEqual([gap.reason, gap.last_epoch, gap.epoch], ['away', last.epoch, last.epoch]);
        assert.deepEqual([gap.next_seq, gap.missed], [next.seq, Number(next.seq) - Number(gap.last_seq) - 1]);
        assert.ok(Number(gap.last_seq) >= Number(last.seq));
      }
      for (const mode of [1, 3]) await assertContiguous(back, 'RELIANCE', mode);
      await leave(back);
    },
  );

  await t.test(
    'who takes leave while nothing ticks is told of no gap; who was cut off is, since something may have been under way',
    async () => {
      for (const [isCut, reasons] of [
        [false, []],
        [true, [['away', 0]]],
      ] as const) {
        const first = await client({ features: FEATURES });
        await first.subscribe('NSE', 'RELIANCE', 2);
        await untilMore(first, 'RELIANCE', 2);
        await until(
          'the last tick',
          () => first.ticks().at(-1)?.seq === watcher.ticks('RELIANCE').at(-1)?.seq,
        );
        if (isCut) first.terminate();
        else await leave(first);
        const { back } = await resume(sessionOf(first));
        await back.next('the last value', isOf('market_data'));
        const gaps = back.received.filter(isOf('gap')).map(({ message }) => [message.reason, message.missed]);
        assert.deepEqual(gaps, reasons);
        await leave(back);
      }
    },
  );

  await t.test(
    'a session that is still connected goes on with whoever presents it, in another framing and dialect too',
    async () => {
      const first = await client({ features: FEATURES });
      await first.subscribe('NSE', 'RELIANCE', 3);
      await untilMore(first, 'RELIANCE', 2);
      const options = { framing: 'msgpack', path: '/?dialect=design' } as const;
      const { back, told } = await resume(sessionOf(first), options);
      assert.equal(told.status, 'resumed');
      assert.equal((await first.untilClosed()).code, 4409);
      await untilMore(back, 'RELIANCE', 0);
      await until('design ticks', () => {
        exchange.step();
        return back.ticks().length > 2;
      });
      assert.ok(back.ticks().every(({ topic, mode }) => topic === 'RELIANCE.NSE' && mode === 4));
      await leave(back);
    },
  );

  await t.test(
    'another key, a wrong id and a session that was taken are unknown, and the connection is good all the same',
    async () => {
      const first = await client({ features: FEATURES });
      await first.subscribe('NSE', 'RELIANCE', 1);
      await leave(first);
      for (const options of [{ key: SECOND_KEY }, { session: 'A'.repeat(22) }]) {
        const { back, told } = await resume(options.session ?? sessionOf(first), options);
        assert.equal(told.status, 'unknown');
        assert.notEqual(sessionOf(back), sessionOf(first));
        assert.equal((await back.subscribe('NSE', 'INFY', 1)).status, 'success');
        await leave(back);
      }
      const { told } = await resume(sessionOf(first));
      assert.equal(told.status, 'resumed', 'its own key gets it');
    },
  );

  await t.test('how a subscription is delivered comes back with it', async () => {
    const first = await client({ features: FEATURES });
    const terms = { slow: 'deliver', max_rate: 5 };
    await first.ask({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 1, ...terms });
    await first.subscribe('NSE', 'INFY', 1);
    await leave(first);
    const { told } = await resume(sessionOf(first));
    const agreed = (told.subscriptions as Message[]).map(({ slow, max_rate }) => ({ slow, max_rate }));
    assert.deepEqual(agreed, [terms, { slow: undefined, max_rate: undefined }]);
  });

  await t.test('an option of sessions that makes no sense is refused by name', async () => {
    const each = await client({ authenticate: false });
    for (const [request, expected] of [
      [{ session: 'A'.repeat(22) }, /needs the feature session$/],
      [{ features: ['session'], session: 7 }, /must be the text/],
      [{ features: ['session'], session: '' }, /must be the text/],
    ] as const) {
      const { message } = await each.ask({ action: 'authenticate', api_key: key, ...request });
      assert.equal(message.code, 'INVALID_OPTION');
      assert.match(String(message.message), expected);
    }
    const first = await each.ask({
      action: 'authenticate',
      api_key: key,
      features: ['session'],
      session: null,
    });
    const again = await each.ask({ action: 'authenticate', api_key: key });
    assert.equal(again.message.session, first.message.session);
    const other = await each.ask({
      action: 'authenticate',
      api_key: key,
      features: ['session'],
      session: 'A'.repeat(22),
    });
    assert.match(String(other.message.message), /has a session already/);
  });

  await t.test('a client without the feature is told nothing of sessions', async () => {
    const each = await client({ features: ['snapshot'] });
    assert.ok(each.received.every(({ text }) => !text.includes('session')));
  });

  assert.ok(engine.readers.every(({ restarts }) => restarts === 0));
});

test('sessions while the market runs: whoever comes back mid-burst misses what the notice says, and not a tick more', async (t) => {
  const { client, exchange } = await startEngineFixture(t, {
    exchange: { ticksPerSecond: 3000 },
    flags: EVERY_TICK,
  });
  let each = await client({ features: FEATURES });
  for (const mode of [1, 3]) {
    const symbols = ['RELIANCE', 'INFY'].map((symbol) => ({ symbol, exchange: 'NSE' }));
    await each.ask({ action: 'subscribe', symbols, mode });
  }
  for (let round = 0; round < 6; round++) {
    const before = each;
    await until('ticks', () => before.ticks('INFY').length > 20 && before.ticks('RELIANCE').length > 20);
    // A burst on top, which the return falls into; every other time the old connection is still there.
    exchange.step(300);
    if (round % 2 === 0) before.terminate();
    each = await client({ features: FEATURES, session: sessionOf(before) });
    const after = each;
    await until('ticks behind the last value', () =>
      ['INFY', 'RELIANCE'].every((symbol) => after.ticks(symbol).length > 20),
    );
    await before.untilClosed();
    for (const symbol of ['INFY', 'RELIANCE']) {
      const gap = after.received.find(({ message }) => message.type === 'gap' && message.symbol === symbol)!;
      for (const mode of [1, 3]) {
        const [last, [first, ...live]] = [before, after].map((one) =>
          one.ticks(symbol).filter((tick) => tick.mode === mode),
        ) as [Message[], Message[]];
        const { reason, last_seq, next_seq, missed } = gap.message;
        assert.equal(reason, 'away');
        assert.ok(Number(last_seq) >= Number(last.at(-1)!.seq), 'what was sent may not have arrived');
        assert.deepEqual([first!.snapshot, first!.seq], [true, next_seq]);
        assert.equal(missed, Math.max(0, Number(next_seq) - Number(last_seq) - 1));
        for (const [i, { seq, snapshot }] of live.entries()) {
          assert.deepEqual([seq, snapshot], [Number(first!.seq) + 1 + i, undefined]);
        }
      }
    }
  }
});

/** The client library of TypeScript against the running engine, as a program uses it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type ConnectOptions,
  connect,
  type Gap,
  type SessionNews,
  type TickMode,
  type TickOf,
  type TickwireClient,
  type TickwireError,
} from '../../src/client/index.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';

type Fixture = Pick<EngineFixture, 'wsUrl' | 'key'>;

function open(
  t: TestContext,
  { wsUrl, key }: Fixture,
  options: Partial<ConnectOptions> = {},
): TickwireClient {
  const client = connect({
    url: wsUrl,
    key,
    reconnect: { initialMs: 20, maxMs: 200 },
    times: { openMs: 1000 },
    ...options,
  });
  t.after(() => client.close());
  return client;
}

/** Keeps what a subscription brings. */
function collect<Mode extends TickMode>(client: TickwireClient, name: string, mode: Mode) {
  const subscription = client.subscribe(name, mode);
  const ticks: TickOf<Mode>[] = [];
  const gaps: Gap[] = [];
  subscription.on('tick', (tick) => void ticks.push(tick));
  subscription.on('gap', (gap) => void gaps.push(gap));
  return { subscription, ticks, gaps };
}

test('a program reads typed ticks of each mode in both framings, and a refusal with its code', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  for (const framing of ['json', 'msgpack'] as const) {
    const client = open(t, fixture, {
      framing,
      features: ['sequence', 'snapshot', 'status', 'receipts', 'stamps'],
    });
    const [ltp, quote, depth] = [
      collect(client, 'NSE:RELIANCE', 'ltp'),
      collect(client, 'NSE:RELIANCE', 'quote'),
      collect(client, 'NSE:RELIANCE', 'depth'),
    ];
    const errors: TickwireError[] = [];
    client.on('error', (error) => void errors.push(error));
    await Promise.all([ltp, quote, depth].map(({ subscription }) => subscription.confirmed()));
    await assert.rejects(client.subscribe('NSE:NOPE', 'ltp').confirmed(), {
      code: 'SYMBOL_NOT_FOUND',
      instrument: 'NSE:NOPE',
    });
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['SYMBOL_NOT_FOUND'],
    );
    await until('ticks', () => fixture.exchange.step() ?? (depth.ticks.length > 2 && ltp.ticks.length > 2));
    const book = depth.ticks[2]!;
    const price = ltp.ticks.find(({ seq }) => seq === book.seq)!;
    const day = quote.ticks.find(({ seq }) => seq === book.seq)!;
    assert.deepEqual([price.seq, price.ltp], [day.seq, day.ltp]);
    assert.deepEqual([book.seq, book.ltp, book.volume], [day.seq, day.ltp, day.volume]);
    assert.deepEqual([book.levels, book.buy.length, book.sell.length], [5, 5, 5]);
    assert.ok(book.buy[0]!.price < book.sell[0]!.price && book.buy[0]!.quantity > 0);
    assert.ok(book.receivedAt <= Date.now() && book.receivedAt > Date.now() - 60_000);
    assert.ok(book.stamps!.receiveTime! <= book.stamps!.sendTime!);
    await until('the status', () => depth.subscription.staleReason === null);
    assert.equal(depth.subscription.last, depth.ticks.at(-1));
    client.close();
    assert.equal(depth.subscription.staleReason, 'disconnected');
  }
});

test('after a restart of the engine ticks come back by themselves, and the first one says that some are missing', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  const client = open(t, fixture);
  const { subscription, ticks, gaps } = collect(client, 'NSE:RELIANCE', 'quote');
  const news: SessionNews[] = [];
  client.on('session', (each) => void news.push(each));
  await subscription.confirmed();
  await until('ticks', () => fixture.exchange.step() ?? ticks.length > 3);
  await until('a fresh value', () => subscription.staleReason === null);
  await fixture.restart();
  await until('staleness', () => subscription.staleReason === 'disconnected');
  const before = ticks.length;
  await until('ticks', () => fixture.exchange.step() ?? ticks.length > before + 3);
  assert.deepEqual(
    news.map(({ status }) => status),
    ['unknown'],
  );
  assert.equal(gaps.length, 1);
  const gap = ticks[before]!.gap!;
  assert.deepEqual([gap.reason, gap.missed, gap.lastSeq], ['reconnected', null, ticks[before - 1]!.seq]);
  assert.ok(ticks.slice(before + 1).every((tick) => tick.gap === null));
});

/** What a proxy worker tells an operator of its clients, and that ticks pass while it adds it up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientRow, FromClientReport } from '../../src/workers/client-messages.ts';
import { ClientReport } from '../../src/workers/proxy/connection/client-report.ts';

const INSTRUMENTS = 20_000;
const OWN_BYTES = 1000;

/** A client that holds many instruments, of each of which it was sent 10 bytes. */
function scene() {
  let looked = 0;
  const stream = {
    get publishedBytes() {
      looked++;
      return 10;
    },
  };
  const holding = [{ streams: new Map([[0, stream]]) }];
  const session = {
    open: true,
    isDirect: false,
    slow: null,
    sentBytes: OWN_BYTES,
    topicOffset: -100,
    backlogBytes: 0,
    connectedAt: 0,
    identity: null,
    options: { framing: 'json', dialect: 'openalgo' },
    connection: { id: 7, address: '10.0.0.1' },
    subscriptions: { count: INSTRUMENTS },
    holdings: new Map(Array.from({ length: INSTRUMENTS }, (_, i) => [`NSE:S${i}`, holding])),
  };
  const told: FromClientReport[] = [];
  let most = 0;
  /** Takes a pause between any two pieces of work. @param inPause what happens in each */
  const describe = async (inPause: () => void = () => {}): Promise<readonly ClientRow[]> => {
    const each = <T>(items: Iterable<T>, work: (item: T) => void) => {
      for (const item of items) {
        work(item);
        most = Math.max(most, looked);
        looked = 0;
        inPause();
      }
      return undefined;
    };
    const post = (message: FromClientReport) => void told.push(message);
    const report = new ClientReport({
      sessions: new Set([session]),
      turns: { each },
      end: () => false,
      post,
    } as never);
    report.handle({ type: 'describeClients', id: 1, limit: 10, instruments: [] });
    await Promise.resolve();
    await Promise.resolve();
    const last = told.at(-1);
    assert.ok(last?.type === 'clientsDescribed');
    return last.clients;
  };
  return { session, describe, most: () => most };
}

test('what a client of many instruments was sent is added up in pieces between which ticks pass', async () => {
  const { describe, most } = scene();
  const [row] = await describe();
  assert.equal(row?.sentBytes, OWN_BYTES - 100 + 10 * INSTRUMENTS);
  assert.ok(most() <= 100, `${most()} instruments in one go`);
});

/** A client that holds so many instruments, the first of them from two sources and in two modes, and one conflated. */
function subscriber(instruments: number) {
  const streamOf = (i: number, view: number) => ({
    instrument: { exchange: 'NSE', symbol: `S${i}` },
    form: { view, servedLevel: 20 },
  });
  const slowOne = streamOf(1, 2);
  const holdings = new Map(
    Array.from({ length: instruments }, (_, i) => [`S${i}`, [{ streams: new Map([[1, streamOf(i, 1)]]) }]]),
  );
  holdings.get('S0')!.push({
    streams: new Map([
      [1, streamOf(0, 1)],
      [4, streamOf(0, 4)],
    ]),
  });
  holdings.get('S1')!.push({ streams: new Map([[2, slowOne]]) });
  const session = {
    open: true,
    connection: { id: 7 },
    subscriptions: { count: instruments + 2 },
    slow: { terms: new Map([[slowOne, { slow: null, maxRate: 2 }]]), client: new Set([slowOne]) },
    holdings,
  };
  const told: FromClientReport[] = [];
  let turns = 0;
  const report = new ClientReport({
    sessions: new Set([{ connection: { id: 6 } }, session]),
    turns: {
      async each<T>(items: Iterable<T>, work: (item: T) => void, isWanted: () => boolean) {
        for (const item of items) {
          await Promise.resolve();
          turns++;
          if (!isWanted()) return;
          work(item);
        }
      },
    },
    end: () => false,
    post: (message: FromClientReport) => void told.push(message),
  } as never);
  const ask = async (connection: number, limit: number) => {
    report.handle({ type: 'describeSubscriptions', id: told.length, connection, limit });
    await new Promise(setImmediate);
    const last = told.at(-1);
    assert.ok(last?.type === 'subscriptionsDescribed' && last.id === told.length - 1);
    return last.listing;
  };
  return { session, ask, report, told, turns: () => turns };
}

test('the subscriptions of a client are told with their terms, each once, and no more than asked for', async () => {
  const { ask, turns } = subscriber(1000);
  const listing = await ask(7, 5);
  const plain = { exchange: 'NSE', levels: null, maxRate: null, slow: null, conflated: false };
  assert.deepEqual(listing, {
    total: 1002,
    subscriptions: [
      { ...plain, symbol: 'S0', mode: 1 },
      { ...plain, symbol: 'S0', mode: 4, levels: 20 },
      { ...plain, symbol: 'S1', mode: 1 },
      { ...plain, symbol: 'S1', mode: 2, maxRate: 2, conflated: true },
      { ...plain, symbol: 'S2', mode: 1 },
    ],
  });
  assert.equal(turns(), 5, 'ticks may pass behind each, and nothing else is looked at');
});

test('a client that is gone, or goes while it is looked at, is not told to hold anything', async () => {
  const { ask, session, report, told } = subscriber(10);
  assert.equal(await ask(8, 5), null);
  report.handle({ type: 'describeSubscriptions', id: 9, connection: 7, limit: 5 });
  session.open = false;
  await new Promise(setImmediate);
  assert.deepEqual(told.at(-1), { type: 'subscriptionsDescribed', id: 9, listing: null });
});

test('no wrong sum is told of a client that subscribes meanwhile, and none at all of one that leaves', async () => {
  const joining = scene();
  const [row] = await joining.describe(() => {
    joining.session.topicOffset -= 10;
  });
  assert.deepEqual([row?.connection, row?.sentBytes], [7, null]);
  const leaving = scene();
  const rows = await leaving.describe(() => {
    leaving.session.open = false;
  });
  assert.deepEqual(rows, []);
});

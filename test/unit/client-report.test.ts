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

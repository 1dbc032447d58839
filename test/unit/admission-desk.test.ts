/** Who may connect, counted over all proxy workers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { AdmissionDesk } from '../../src/main/admission/admission-desk.ts';
import { clientLimits } from '../../src/main/admission/client-limits.ts';
import { loadConfig } from '../../src/main/config.ts';
import type { ToAdmission } from '../../src/workers/admission-messages.ts';
import { USAGE, UsageTable } from '../../src/workers/usage-table.ts';

const { config } = loadConfig({ argv: [], env: {}, cwd: '/nonexistent' });

/** A desk of two workers with these limits and no others. */
function deskWith(limits: Partial<ReturnType<typeof clientLimits>>) {
  const posted: ToAdmission[] = [];
  const clock = { ms: 0 };
  const desk = new AdmissionDesk({
    limits: { ...clientLimits(config), ...limits },
    workers: 2,
    post: (message) => posted.push(message),
    log: pino({ level: 'silent' }),
    now: () => clock.ms,
  });
  const ask = (
    worker: number,
    message: Parameters<AdmissionDesk['onMessage']>[1],
  ): ToAdmission | undefined => {
    let answer: ToAdmission | undefined;
    desk.onMessage(worker, message, (reply) => {
      answer = reply;
    });
    return answer;
  };
  return {
    desk,
    posted,
    clock,
    /** @returns whether there was room */
    connect: (worker: number, connection: number, address: string) =>
      ask(worker, { type: 'connectionsChanged', opened: [{ connection, address }], gone: [] }) === undefined,
    /** @returns whether there was room */
    useKey: (worker: number, connection: number, key: string, maxConnections: number | null = null) => {
      const answer = ask(worker, { type: 'admitKey', connection, key, maxConnections });
      return answer?.type === 'keyAdmitted' ? !answer.isRefused : assert.fail('no answer');
    },
    placeOf: (worker: number, connection: number, key: string) => {
      const answer = ask(worker, { type: 'admitKey', connection, key, maxConnections: null });
      return answer?.type === 'keyAdmitted' ? answer.place : assert.fail('no place');
    },
    leave: (worker: number, connection: number) =>
      ask(worker, { type: 'connectionsChanged', opened: [], gone: [connection] }),
    wrongKey: (address: string) => ask(0, { type: 'wrongKey', address }),
  };
}

test('one address does not take the room of others, whichever worker its clients come to', () => {
  const { connect, leave, posted, desk } = deskWith({ maxConnectionsPerAddress: 2 });
  assert.deepEqual([connect(0, 1, 'a'), connect(1, 1, 'a'), connect(1, 2, 'a')], [true, true, false]);
  assert.equal(connect(1, 3, 'b'), true);
  // Every worker knows, also one that starts later, so that the next client reads it before it is let in.
  assert.deepEqual(posted.splice(0), [{ type: 'addressFull', address: 'a', isFull: true }]);
  assert.deepEqual(desk.task(1).fullAddresses, ['a']);
  leave(0, 1);
  assert.deepEqual(posted.splice(0), [{ type: 'addressFull', address: 'a', isFull: false }]);
  // Nothing is given back twice, nor what was never had.
  leave(0, 1);
  leave(1, 2);
  leave(1, 1);
  assert.deepEqual(posted.splice(0), []);
  assert.deepEqual([connect(0, 4, 'a'), connect(0, 5, 'a'), connect(0, 6, 'a')], [true, true, false]);
});

test('a key has its own number of clients, its role another, and a client that changes its key frees a place', () => {
  const { useKey } = deskWith({ maxConnectionsPerKey: 1 });
  assert.deepEqual([useKey(0, 1, 'k'), useKey(1, 2, 'k'), useKey(0, 1, 'k')], [true, false, true]);
  assert.deepEqual([useKey(0, 3, 'r', 2), useKey(1, 2, 'r', 2), useKey(0, 4, 'r', 2)], [true, true, false]);
  assert.equal(useKey(0, 1, 'other'), true);
  assert.equal(useKey(0, 4, 'k'), true);
});

test('what a worker held that has failed is free again, in every count', () => {
  const { connect, useKey, desk } = deskWith({ maxConnectionsPerAddress: 1, maxConnectionsPerKey: 1 });
  connect(0, 1, 'a');
  useKey(0, 1, 'k');
  const { usage, row, workers } = desk.task(0);
  const table = new UsageTable(usage, workers);
  table.add(row, USAGE.CONNECTIONS, 40);
  desk.onWorkerGone(0);
  assert.equal(table.sum(USAGE.CONNECTIONS), 0);
  assert.equal(connect(1, 2, 'a'), true);
  assert.equal(useKey(1, 2, 'k'), true);
});

test('an address with too many wrong keys is blocked at every worker until its time is over, and then begins anew', () => {
  const { wrongKey, posted, clock } = deskWith({ authAttempts: 3, authWindowMs: 1000 });
  wrongKey('a');
  clock.ms = 400;
  wrongKey('a');
  wrongKey('b');
  assert.deepEqual(posted, []);
  wrongKey('a');
  assert.deepEqual(posted, [{ type: 'addressBlocked', address: 'a', forMs: 600 }]);
  clock.ms = 1000;
  wrongKey('a');
  wrongKey('b');
  assert.equal(posted.length, 1);
  wrongKey('a');
  wrongKey('a');
  assert.deepEqual(posted[1], { type: 'addressBlocked', address: 'a', forMs: 1000 });
});

test('keys that are in use at a time are counted apart, and a place is used again', () => {
  const { placeOf, leave } = deskWith({});
  const [first, second] = [placeOf(0, 1, 'k'), placeOf(0, 2, 'other')];
  assert.notEqual(first, second);
  leave(0, 1);
  assert.equal(placeOf(1, 1, 'third'), first);
});

test('of what is left of a limit everybody gets what there is, and no two of them the same', () => {
  const memory = UsageTable.create(2, 1);
  const [one, two] = [new UsageTable(memory, 2), new UsageTable(memory, 2)];
  assert.equal(one.claim(0, 2, 7, 10), 7);
  assert.equal(two.claim(1, 2, 7, 10), 3);
  assert.equal(one.claim(0, 2, 1, 10), 0);
  two.add(1, 2, -2);
  assert.equal(one.claim(0, 2, 5, 10), 2);
  assert.equal(one.sum(2), 10);
  assert.equal(one.claim(0, 2, 5, 0), 5);
});

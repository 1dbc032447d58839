/** What all clients together may leave unread, or waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdmissionDesk } from '../../src/main/admission/admission-desk.ts';
import { clientLimits } from '../../src/main/admission/client-limits.ts';
import { loadConfig } from '../../src/main/config.ts';
import { InboundBudget, OutboundBudget } from '../../src/workers/proxy/admission/byte-budgets.ts';

const MIB = 2 ** 20;
const LINGER_MS = 1000;

/** What two workers of one process are started with. */
function tasks(...argv: string[]) {
  const { config } = loadConfig({ argv, env: {}, cwd: '/nonexistent' });
  const desk = new AdmissionDesk({
    limits: clientLimits(config),
    workers: 2,
    post: () => {},
    log: { warn: () => {} },
  });
  return [desk.task(0), desk.task(1)] as const;
}

const clientWith = (backlog: number) => ({ backlog, socket: { getBufferedAmount: () => backlog } });

test('while all clients together are within the limit nobody is cut off', () => {
  const [task] = tasks(`--max-outbound-bytes=${10 * MIB}`);
  assert.equal(new OutboundBudget(task, LINGER_MS).excess(10 * MIB), 0);
});

test('what is too much over all workers is shared out by what each holds, and those furthest behind go first', () => {
  const [first, second] = tasks(`--max-outbound-bytes=${10 * MIB}`);
  const one = new OutboundBudget(first, LINGER_MS);
  const two = new OutboundBudget(second, LINGER_MS);
  assert.equal(two.excess(5 * MIB), 0);
  // 20 MiB together: half of it must go, a half of that of each worker.
  const excess = one.excess(15 * MIB);
  assert.equal(excess, 7.5 * MIB);
  const clients = [1, 6, 0, 5, 3].map((mib) => clientWith(mib * MIB));
  assert.deepEqual(
    one.furthestBehind(clients, excess).map(({ backlog }) => backlog / MIB),
    [6, 5],
  );
  assert.deepEqual(one.furthestBehind([clientWith(0)], excess), []);
});

test('clients that are told why they go do not keep more than a part of the limit with them, until they are gone', () => {
  const [task] = tasks(`--max-outbound-bytes=${80 * MIB}`);
  const budget = new OutboundBudget(task, LINGER_MS);
  // A quarter of the limit, half of which is this worker's.
  assert.equal(budget.mayLinger(6 * MIB, 0), true);
  assert.equal(budget.mayLinger(6 * MIB, 500), false);
  assert.equal(budget.mayLinger(4 * MIB, 500), true);
  assert.equal(budget.mayLinger(0, 500), true);
  assert.equal(budget.mayLinger(6 * MIB, 1000), true);
});

test('without a limit nobody goes', () => {
  const [task] = tasks('--max-outbound-bytes=0', '--max-inbound-bytes=0');
  const budget = new OutboundBudget(task, LINGER_MS);
  assert.equal(budget.excess(1e12), 0);
  assert.equal(budget.mayLinger(1e12, 0), true);
  const inbound = new InboundBudget(task);
  inbound.add(1e9);
  assert.equal(inbound.hasRoom(MIB, false), true);
});

test('requests wait while there is room for them over all workers', () => {
  const [first, second] = tasks(`--max-inbound-bytes=${MIB}`);
  const one = new InboundBudget(first);
  const two = new InboundBudget(second);
  const haveRoom = () => [one, two].map((each) => each.hasRoom(MIB, true));
  one.add(MIB / 2);
  assert.deepEqual(haveRoom(), [true, true]);
  two.add(MIB / 2);
  assert.deepEqual(haveRoom(), [false, false]);
  one.add(-MIB / 2);
  assert.deepEqual(haveRoom(), [true, true]);
});

test('who floods costs nobody else a small request, and without a key no room of those who have one', () => {
  const [task] = tasks(`--max-inbound-bytes=${MIB}`);
  const budget = new InboundBudget(task);
  budget.add(MIB / 2);
  assert.deepEqual([budget.hasRoom(MIB, false), budget.hasRoom(MIB, true)], [false, true]);
  budget.add(MIB);
  assert.deepEqual([budget.hasRoom(MIB, false), budget.hasRoom(MIB, true)], [false, false]);
  for (const hasKey of [false, true]) assert.equal(budget.hasRoom(4096, hasKey), true);
});

/** What an operator reads of a thread: totals that survive it, and a present that is really the present. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recentHop, threadFigures } from '../../src/main/metrics/recent-figures.ts';
import { sumCounters, sumLosses } from '../../src/main/metrics/sum-counters.ts';
import { ThreadRecord } from '../../src/main/metrics/thread-record.ts';
import { HopHistogram } from '../../src/workers/measures/hop-histogram.ts';
import type { ThreadMeasures } from '../../src/workers/measures/thread-measures.ts';
import { CLOSE, closeCounts } from '../../src/workers/proxy/connection/close-codes.ts';

function measuresOf(us: number): ThreadMeasures {
  const histogram = new HopHistogram();
  histogram.record(us);
  const increment = histogram.take()!;
  return {
    type: 'measures',
    hops: [{ hop: 'receive_to_send', exchange: '', to: 'clients', increment }],
    health: {
      loopDelay: increment,
      gc: [{ kind: 'minor', pauses: increment }],
      utilization: 0.25,
      heapBytes: 1,
    },
    clock: null,
  };
}

test('what a worker lost stays lost when it fails and another one begins to count from 0', () => {
  const worker = new ThreadRecord('proxy 0');
  const other = new ThreadRecord('proxy 1');
  worker.noteCounters({ lost: 5, clients: 7 });
  worker.noteCounters({ lost: 8, clients: 3 });
  worker.renew();
  assert.deepEqual(worker.counters, {}, 'its clients are gone');
  assert.equal(sumLosses([worker, other]).ring_to_clients, 8);
  worker.noteCounters({ lost: 9, clients: 1 });
  other.noteCounters({ lost: 1 });
  assert.equal(sumLosses([worker, other]).ring_to_clients, 18);
});

test('a worker that is started again without a word does not take back what was counted', () => {
  const worker = new ThreadRecord('bus');
  worker.noteCounters({ lost: 5 });
  worker.noteCounters({ lost: 2 });
  assert.equal(sumLosses([worker]).ring_to_bus, 5);
  worker.noteCounters({ lost: 4 });
  assert.equal(sumLosses([worker]).ring_to_bus, 7);
});

test('ticks that a proxy on the bus has lost are not told as lost in a ring', () => {
  const proxy = new ThreadRecord('proxy 0');
  proxy.noteCounters({ lost: 3, garbage: 1, links: 2, linksUp: 1 });
  const { ring_to_clients, bus_to_clients } = sumLosses([proxy]);
  assert.deepEqual({ ring_to_clients, bus_to_clients }, { ring_to_clients: 0, bus_to_clients: 4 });
});

test('errors are told by their code, and connections to brokers each by itself', () => {
  const proxy = new ThreadRecord('proxy 0');
  proxy.noteCounters({ error_RATE_LIMITED: 2 });
  assert.deepEqual(sumCounters('tickwire_request_errors', [proxy]), [
    { labels: { code: 'RATE_LIMITED' }, value: 2 },
  ]);
  const feeds = ['feed 0', 'feed 11'].map((name) => new ThreadRecord(name));
  for (const feed of feeds) feed.noteCounters({ reconnects: 1, toString: 5 });
  assert.deepEqual(sumCounters('tickwire_upstream_reconnects', feeds), [
    { labels: { feed: '0' }, value: 1 },
    { labels: { feed: '11' }, value: 1 },
  ]);
});

test('whichever way a connection is closed from here, it is told under a reason of its own', () => {
  const proxy = new ThreadRecord('proxy 0');
  proxy.noteCounters(closeCounts());
  const reasons = sumCounters('tickwire_client_disconnects', [proxy]).map(({ labels }) => labels.reason);
  assert.equal(new Set(reasons).size, Object.keys(CLOSE).length, `${reasons}`);
});

test('a thread that has fallen silent is not shown by the last that it said', () => {
  let now = 1000;
  const worker = new ThreadRecord('proxy 0', () => now);
  worker.noteCounters({ deliveries: 100 });
  now += 500;
  worker.noteCounters({ deliveries: 300 });
  worker.noteMeasures(measuresOf(1000));
  assert.equal(worker.rate('deliveries'), 400);
  assert.equal(recentHop([worker], 'receive_to_send', 'clients')?.count, 1);
  assert.deepEqual(threadFigures(worker, 2), {
    name: 'proxy 0',
    loopDelayP99Ms: 1,
    gcMs: 1,
    utilization: 0.25,
    restarts: 2,
  });
  now += 5000;
  assert.equal(worker.isSilent, true);
  assert.equal(worker.rate('deliveries'), 0);
  assert.equal(recentHop([worker], 'receive_to_send', 'clients'), null);
  assert.equal(threadFigures(worker, 2), null);
});

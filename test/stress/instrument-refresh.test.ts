/** A whole instrument list is fetched, converted and taken over while the market runs: who watches it does not notice. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { refreshInstruments } from '../../src/main/instruments/instrument-refresh.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { LatencyClient, type Measured } from '../support/latency-client.ts';
import { until } from '../support/until.ts';

const ROWS = 150_000;
/** Indices that the list lacks and that are added. */
const ADDED = 5;
const TICKS_PER_SECOND = 10_000;
const SYMBOLS = ['RELIANCE', 'INFY', 'TCS', 'SBIN', 'ITC', 'WIPRO', 'CIPLA', 'TITAN', 'AXISBANK', 'ADANIENT'];
const MAX_MS = 15_000;
const QUIET_MS = 2000;
const ROUNDS = 2;

async function startListServer(t: TestContext): Promise<string> {
  const script = new URL('../support/list-server-worker.ts', import.meta.url);
  const worker = new Worker(script, { workerData: { rows: ROWS } });
  t.after(() => worker.postMessage('leave'));
  const [port] = (await once(worker, 'message')) as [number];
  return `http://127.0.0.1:${port}/`;
}

/** Fetches the list and waits until the engine finds its last instrument. @returns ms */
async function refresh(fixture: EngineFixture, from: string, rows: number): Promise<number> {
  const began = performance.now();
  const outcome = await refreshInstruments(
    fixture.engine.pool,
    {
      databasePath: fixture.databasePath,
      broker: 'angel',
      from: [from],
      session: { authToken: null, apiKey: null },
      allowShrunken: false,
    },
    () => {},
  );
  assert.ok(outcome.status === 'stored');
  assert.equal(outcome.rows, rows + ADDED);
  await until('the table in the engine', () => {
    const table = fixture.engine.instruments!.table('angel');
    return table.size === rows + ADDED && table.find('NFO', 'NIFTY28AUG9810000CE') !== undefined;
  });
  return performance.now() - began;
}

function told(measured: Measured, ms: number): string {
  const rate = Math.round((measured.ticks * 1000) / ms);
  return `p50 ${measured.p50Us.toFixed(0)} µs, p99 ${measured.p99Us.toFixed(0)} µs, ${rate} ticks/s`;
}

test('a list of 150,000 instruments is complete in less than 15 s while 10,000 ticks/s flow and none is lost', async (t) => {
  const fixture = await startEngineFixture(t, {
    exchange: { ticksPerSecond: TICKS_PER_SECOND },
    flags: ['--database-poll=0.5'],
  });
  const { wsUrl, key } = fixture;
  const healthy = await LatencyClient.connect(t, { url: wsUrl, key, symbols: SYMBOLS });
  const from = await startListServer(t);
  for (let round = 0; round < ROUNDS; round++) {
    const quiet = await healthy.measure(() => new Promise((resolve) => setTimeout(resolve, QUIET_MS)));
    let ms = 0;
    const busy = await healthy.measure(async () => {
      ms = await refresh(fixture, from, ROWS + round);
    });
    t.diagnostic(
      `complete after ${ms.toFixed(0)} ms; quiet ${told(quiet, QUIET_MS)}; meanwhile ${told(busy, ms)}`,
    );
    assert.ok(ms < MAX_MS, `the table was complete after ${ms.toFixed(0)} ms`);
    assert.equal(busy.gaps, 0, 'no tick is lost meanwhile');
  }
});

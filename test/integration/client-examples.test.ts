/** The programs of examples/ that are clients, each against the running engine as its user runs it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Candle } from '../../examples/candles.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { ExampleProcess } from '../support/example-process.ts';
import { cannotRunPython, PYTHON, PYTHON_CLIENTS } from '../support/python-probe.ts';
import type { Message } from '../support/test-client.ts';
import { writeTlsFiles } from '../support/tls-files.ts';
import { TEST_TLS } from '../support/tls-identity.ts';
import { until } from '../support/until.ts';

const SDK = new URL('../support/python/openalgo-sdk', import.meta.url).pathname;
const COMPLETE = 4;
const IN_PYTHON = `
import sys
from tickwire_client import connect
with connect(sys.argv[1], sys.argv[2], on_event=lambda event: print(event.get("reason"), file=sys.stderr, flush=True)) as client:
    print("NSE:RELIANCE", client.subscribe("NSE:RELIANCE", "ltp").get()["ltp"], sep=",", end=",")
`;
const SECONDS_A_STEP = 7;

test('the price logger, the book and the candles show what the engine sent, and an OpenAlgo strategy trades on it unchanged', {
  skip: cannotRunPython(),
}, async (t) => {
  // A market in which a minute passes in a few ticks.
  let now = Date.now();
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)], exchange: { clock: () => now } });
  const { wsUrl, key, exchange } = fixture;
  const witness = await fixture.client({ features: ['sequence'] });
  await witness.subscribe('NSE', 'RELIANCE', 3);
  const env = { TICKWIRE_API_KEY: key, OPENALGO_API_KEY: key, WEBSOCKET_URL: wsUrl, PYTHONPATH: SDK };
  const run = (name: string, ...args: string[]) =>
    new ExampleProcess(
      t,
      [process.execPath, `examples/${name}`, 'NSE:RELIANCE', `--url=${wsUrl}`, ...args],
      env,
    );
  const logger = run('ltp-logger.ts', '--count=40');
  const book = run('book-viewer.ts', '--count=3');
  const candles = run('candle-builder.ts', `--count=${COMPLETE}`);
  const strategy = new ExampleProcess(
    t,
    [PYTHON, '-uB', 'examples/python/openalgo_strategy.py', 'RELIANCE'],
    env,
  );

  await until('all of them to end, and a signal', () => {
    exchange.step();
    now += SECONDS_A_STEP * 1000;
    const isDone = logger.lines.length > 40 && candles.lines.length === COMPLETE && book.output.includes('|');
    return isDone && /^(BUY|SELL)/m.test(strategy.output);
  });
  for (const each of [logger, book, candles]) assert.equal(await each.ended(), 0, each.errors);
  const sent = new Map(witness.ticks().map((tick) => [Number(tick.seq), tick.data as Message]));

  const [heading, ...rows] = logger.lines;
  assert.equal(heading, 'time,instrument,ltp,seq,notes');
  assert.equal(rows.length, 40);
  for (const [i, row] of rows.entries()) {
    const [time, instrument, ltp, seq, notes] = row.split(',');
    const tick = sent.get(Number(seq))!;
    assert.deepEqual([instrument, Number(ltp), Date.parse(time!)], ['NSE:RELIANCE', tick.ltp, tick.ltt]);
    if (i > 0) assert.deepEqual([Number(seq), notes], [Number(rows[i - 1]!.split(',')[3]) + 1, '']);
  }

  const best = /^ +\d+ +\d+ +([\d.]+) \| ([\d.]+) +\d+ +\d+$/m.exec(book.output)!;
  assert.ok(Number(best[1]) < Number(best[2]), book.output);
  assert.match(book.output, /^NSE:RELIANCE [\d.]+ \(-?[\d.]+\) (live|OLD: \w+)$/m);

  const told = candles.lines.map((line) => JSON.parse(line) as Candle);
  const trades = [...sent.values()].filter(
    (tick, i, all) => i > 0 && Number(tick.volume) > Number(all[i - 1]!.volume),
  );
  for (const candle of told.filter(({ isComplete }) => isComplete)) {
    const start = Date.parse(candle.start);
    const own = trades
      .filter(({ ltt }) => Number(ltt) >= start && Number(ltt) < start + 60_000)
      .map(({ ltp }) => Number(ltp));
    assert.deepEqual([candle.open, candle.close], [own[0], own.at(-1)]);
    assert.deepEqual(
      [candle.high, candle.low, candle.trades],
      [Math.max(...own), Math.min(...own), own.length],
    );
  }
  assert.ok(told.filter(({ isComplete }) => isComplete).length >= COMPLETE - 1, candles.output);
  assert.deepEqual([told[0]!.isComplete, told[0]!.notes], [false, ['begins in the middle']]);

  const signal = /^(BUY|SELL) RELIANCE at ([\d.]+), last ([\d.]+), volume (\d+), [+-][\d.]+$/m.exec(
    strategy.output,
  );
  assert.ok(
    [...sent.values()].some(
      ({ ltp, volume }) => ltp === Number(signal?.[3]) && volume === Number(signal?.[4]),
    ),
    strategy.output,
  );
  strategy.signal('SIGINT');
  assert.equal(await strategy.ended(), 0, strategy.errors);
  assert.match(strategy.output, /disconnected\n$/);
});

test('clients of each language come over TLS with the variables that CLIENTS.md names, and not at all without', {
  skip: cannotRunPython(),
}, async (t) => {
  const { flags, certFile } = writeTlsFiles(t, TEST_TLS);
  const { wsUrl, key } = await startEngineFixture(t, { flags, exchange: { ticksPerSecond: 100 } });
  const variables = [
    ...readFileSync(new URL('../../CLIENTS.md', import.meta.url), 'utf8').matchAll(/(\w+)=cert\.pem/g),
  ];
  const trust = Object.fromEntries(variables.map(([, name]) => [name!, certFile]));
  assert.equal(variables.length, 2);
  const inNode = ['examples/ltp-logger.ts', `--url=${wsUrl}`, '--count=3'];
  const inPython = ['-B', '-c', IN_PYTHON, wsUrl, key];
  const run = (env: Readonly<Record<string, string>>) => [
    new ExampleProcess(t, [process.execPath, ...inNode], { ...env, TICKWIRE_API_KEY: key }),
    new ExampleProcess(t, [PYTHON, ...inPython], { ...env, PYTHONPATH: PYTHON_CLIENTS }),
  ];
  const trusting = run(trust);
  const doubting = run({});
  for (const each of trusting) {
    assert.equal(await each.ended(), 0, each.errors);
    assert.match(each.output, /NSE:RELIANCE,[\d.]+,/);
  }
  await until('their doubts', () =>
    doubting.every(({ errors }) => /^waiting: 1006 |certificate verify failed/m.test(errors)),
  );
  assert.ok(doubting.every(({ output }) => !output.includes('NSE:RELIANCE')));
});

test('an example says why it ends, in words and by its exit code', async (t) => {
  const { wsUrl } = await startEngineFixture(t);
  const env = { TICKWIRE_API_KEY: 'wrong', PYTHONPATH: SDK, OPENALGO_API_KEY: 'wrong' };
  const run = (name: string) =>
    new ExampleProcess(t, [process.execPath, `examples/${name}`, `--url=${wsUrl}`], env);
  for (const each of ['ltp-logger.ts', 'book-viewer.ts'].map(run)) {
    assert.equal(await each.ended(), 1, each.output);
    assert.match(each.errors, /^AUTHENTICATION_ERROR: Invalid API key$/m);
  }
});

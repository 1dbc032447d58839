/** A broker that answers for a stale instrument with the very frame that it sent last. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeToken } from '../../src/codec/angel/frame-encoder.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';
import { insertInstruments, symbolOf, VectorUpstream } from '../support/vector-upstream.ts';

const NSE = 1;
const [LIVELY, QUIET] = ['1001', '1002'];

/** An LTP frame as hex. */
function ltpFrame(token: string, seq: number, paise: number): string {
  const frame = Buffer.alloc(51);
  frame.writeUInt8(1, 0);
  frame.writeUInt8(NSE, 1);
  frame.set(encodeToken(token), 2);
  frame.writeBigInt64LE(BigInt(seq), 27);
  frame.writeBigInt64LE(1_787_371_200_000n + BigInt(seq), 35);
  frame.writeBigInt64LE(BigInt(paise), 43);
  return frame.toString('hex');
}

test('an image that repeats the last frame makes a stale instrument live: its value is fresh again, and the gap is told', async (t) => {
  const upstream = await VectorUpstream.listen(t);
  const { client } = await startEngineFixture(t, {
    upstreamUrl: upstream.url,
    prepare: insertInstruments([LIVELY, QUIET].map((token) => ({ exchangeType: NSE, token }))),
    flags: [alwaysOpen(t), '--mute-after=0', '--stale-after=0.3', '--recovery-wait=0.2'],
  });
  const watcher = await client({ features: ['status', 'sequence'] });
  const symbol = symbolOf(QUIET);
  for (const token of [LIVELY, QUIET]) {
    await watcher.subscribe('NSE', symbolOf(token), 1);
    await upstream.untilCarried(1, NSE, token);
  }
  let seq = 0;
  const lively = setInterval(() => upstream.send(ltpFrame(LIVELY, ++seq, 10_000 + seq)), 10);
  t.after(() => clearInterval(lively));
  for (let i = 1; i <= 40; i++) upstream.send(ltpFrame(QUIET, i, 20_000 + i));
  await until('its ticks', () => watcher.ticks(symbol).length === 40);
  const told = () =>
    watcher.received
      .map(({ message }) => message)
      .filter(
        ({ type, instruments }) => type === 'feed_status' && JSON.stringify(instruments).includes(symbol),
      )
      .map(({ status }) => status);
  await until('stale', () => told().at(-1) === 'stale');
  const early = await client({ features: ['snapshot'] });
  await early.subscribe('NSE', symbol, 1);
  await until('the stale value', () => early.ticks(symbol).length === 1);
  assert.equal(early.ticks(symbol)[0]!.stale, true);

  upstream.send(ltpFrame(QUIET, 40, 20_040));
  await until('live', () => told().at(-1) === 'live');
  await until('the tick', () => watcher.ticks(symbol).length === 41);
  assert.deepEqual(
    watcher.received
      .map(({ message }) => message)
      .filter(({ type }) => type === 'gap')
      .map((gap) => [gap.symbol, gap.reason]),
    [[symbol, 'outage']],
  );
  const late = await client({ features: ['snapshot'] });
  await late.subscribe('NSE', symbol, 1);
  await until('the fresh value', () => late.ticks(symbol).length === 1);
  assert.ok(!('stale' in late.ticks(symbol)[0]!));
});

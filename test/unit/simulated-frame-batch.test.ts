import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANGEL_EXCHANGE_WIRE } from '../../src/codec/angel/exchange-wire.ts';
import { FrameBatch } from '../../src/main/simulator/frame-batch.ts';
import { SimulatedInstrument } from '../../src/main/simulator/simulated-instrument.ts';

function sampleInstrument(): SimulatedInstrument {
  return new SimulatedInstrument(
    { exchangeType: 1, token: '2885', kind: 'cash', referencePrice: 141_840, tickClass: null },
    ANGEL_EXCHANGE_WIRE,
    1,
    1_746_171_226_000,
  );
}

test('every mode goes out behind the WebSocket header of its length', () => {
  const batch = new FrameBatch(ANGEL_EXCHANGE_WIRE);
  const instrument = sampleInstrument();
  for (const mode of [1, 2, 3, 4] as const) batch.append(mode, instrument);
  const bytes = Buffer.concat(batch.take());
  assert.equal(bytes.length, 53 + 125 + 383 + 447);
  assert.equal(bytes.toString('hex', 0, 4), '82330101');
  assert.equal(bytes.toString('hex', 53, 57), '827b0201');
  assert.equal(bytes.toString('hex', 178, 184), '827e017b0301');
  assert.equal(bytes.toString('hex', 561, 567), '827e01bb0401');
  assert.deepEqual(batch.take(), []);
});

test('bytes that a socket still holds are not overwritten by later frames, over many slabs', () => {
  const batch = new FrameBatch(ANGEL_EXCHANGE_WIRE);
  const instrument = sampleInstrument();
  const held: { readonly parts: readonly Buffer[]; readonly copy: string }[] = [];
  for (let turn = 0; turn < 60; turn++) {
    for (let frame = 0; frame < 10; frame++) {
      instrument.step(1_746_171_226_000);
      batch.append(3, instrument);
    }
    const parts = batch.take();
    held.push({ parts, copy: Buffer.concat(parts).toString('hex') });
  }
  for (const { parts, copy } of held) {
    assert.equal(copy.length, 10 * 383 * 2);
    assert.equal(Buffer.concat(parts).toString('hex'), copy);
  }
});

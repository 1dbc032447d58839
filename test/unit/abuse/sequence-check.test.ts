import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTickEncoder, FEATURE, type SendTime } from '../../../src/codec/framing.ts';
import { MODE } from '../../../src/codec/tick.ts';
import { WORD, writeInt64 } from '../../../src/codec/tick-message.ts';
import { SequenceCheck } from '../../abuse/sequence-check.ts';
import { RELIANCE, sampleTick } from '../../support/sample-tick.ts';

const FRAMINGS = ['json', 'msgpack'] as const;
const send: SendTime = new Int32Array(2);

/** Faults of ticks of two instruments, given as their numbers; an epoch of 1 unless another stands behind. */
function faultsOf(framing: (typeof FRAMINGS)[number], ticks: readonly (readonly number[])[]): number {
  const check = new SequenceCheck(framing, 2);
  const encoders = ['BENCH0000', 'BENCH0001'].map((symbol) => {
    const instrument = { ...RELIANCE, symbol };
    return {
      tick: sampleTick(MODE.QUOTE, instrument),
      encoder: createTickEncoder(framing, instrument, MODE.QUOTE, FEATURE.SEQUENCE),
    };
  });
  for (const [index, seq, epoch = 1] of ticks) {
    const { tick, encoder } = encoders[index!]!;
    writeInt64(tick.words, WORD.SEQ, seq!);
    writeInt64(tick.words, WORD.EPOCH, epoch);
    const bytes = encoder.encode(tick.words, tick.doubles, send);
    // Between others, as in a socket's buffer.
    const buffer = Buffer.concat([
      Buffer.from('BENCH0001 "seq": 9'),
      bytes,
      Buffer.from('BENCH0001 "seq": 9'),
    ]);
    check.check(buffer, 18, 18 + bytes.length);
  }
  return check.faults;
}

for (const framing of FRAMINGS) {
  test(`a healthy ${framing} client takes each instrument's ticks for whole as long as none is missing`, () => {
    assert.equal(
      faultsOf(framing, [
        [0, 7],
        [1, 3],
        [0, 8],
        [1, 4],
        [0, 9],
      ]),
      0,
    );
  });

  test(`a healthy ${framing} client sees a tick that is lost, doubled, late, or of another life of the feed`, () => {
    assert.equal(
      faultsOf(framing, [
        [0, 7],
        [1, 3],
        [0, 9],
      ]),
      1,
    );
    assert.equal(
      faultsOf(framing, [
        [0, 7],
        [0, 7],
      ]),
      1,
    );
    assert.equal(
      faultsOf(framing, [
        [0, 7],
        [0, 9],
        [0, 8],
      ]),
      2,
    );
    assert.equal(
      faultsOf(framing, [
        [0, 7],
        [0, 8, 2],
      ]),
      1,
    );
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockWriter, recordingFileHeader } from '../../src/codec/recording/block-writer.ts';
import {
  parseRecordedBroker,
  parseRecordedLoss,
  parseRecordedWishes,
} from '../../src/codec/recording/recorded-wishes.ts';
import {
  BLOCK,
  FILE_HEADER,
  MAX_PAYLOAD_BYTES,
  RECORD,
  RECORDED,
} from '../../src/codec/recording/recording-layout.ts';
import { recordingFault } from '../../src/codec/recording/recording-reader.ts';
import { buildRecording, memorySource, readBack, type SampleRecord } from '../support/recording.ts';

const T0 = 1_790_000_000_123_456_789n;

function frame(feed: number, at: bigint, text: string): SampleRecord {
  return { feed, kind: RECORDED.BINARY, time: T0 + at, payload: Buffer.from(text) };
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const texts = (bytes: Uint8Array) => readBack(bytes).records.map(({ payload }) => payload.toString());

test('a recording is these bytes on every machine: a file of today is read by every later version', () => {
  const bytes = buildRecording([
    [{ feed: 2, kind: RECORDED.BINARY, time: 0x0102030405060708n, payload: Buffer.from('ab') }],
  ]);
  assert.equal(
    bytes.toString('hex'),
    '5449434b57495245' +
      '0100' +
      '1000' +
      '00000000' +
      '5457424c' +
      '12000000' +
      '20e02230' +
      '0200' +
      '0100' +
      '0807060504030201' +
      '0807060504030201' +
      '10000000' +
      'f5cb9297' +
      '02000000' +
      '04000000' +
      '0807060504030201' +
      '6162',
  );
});

test('records of two feeds come back by their times, those of one feed in their order whatever its clock did', () => {
  const bytes = buildRecording([
    [frame(1, 10n, 'b1'), frame(1, 30n, 'b2')],
    [frame(0, 5n, 'a1'), frame(0, 20n, 'a2'), frame(0, 15n, 'a3')],
    [frame(1, 25n, 'b3')],
    [frame(0, 30n, 'a4')],
  ]);
  assert.deepEqual(texts(bytes), ['a1', 'b1', 'a2', 'a3', 'a4', 'b2', 'b3']);
  const { records, damages } = readBack(bytes);
  assert.deepEqual(damages, []);
  assert.equal(records[0]!.time, T0 + 5n);
});

test('a file that ends inside a block gives everything before it, and says where it is torn', () => {
  const whole = buildRecording([[frame(0, 1n, 'one')], [frame(0, 2n, 'two')]]);
  const first = buildRecording([[frame(0, 1n, 'one')]]);
  for (let length = first.length + 1; length < whole.length; length++) {
    const { records, damages } = readBack(whole.subarray(0, length));
    assert.deepEqual(
      records.map(({ payload }) => payload.toString()),
      ['one'],
    );
    assert.deepEqual(damages, [{ at: first.length, bytes: length - first.length, kind: 'torn' }]);
  }
});

test('a damaged block costs only itself, wherever the damage lies', () => {
  const parts = ['one', 'two', 'three'].map((text, i) => [frame(0, BigInt(i), text)]);
  const bytes = buildRecording(parts);
  const start = buildRecording(parts.slice(0, 1)).length;
  const end = buildRecording(parts.slice(0, 2)).length;
  for (let at = start; at < end; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x55;
    assert.deepEqual(texts(damaged), ['one', 'three'], `byte ${at}`);
    assert.deepEqual(readBack(damaged).damages, [{ at: start, bytes: end - start, kind: 'damaged' }]);
  }
});

test('what a full disk left of a block lies between whole ones and hides none of them', () => {
  const one = buildRecording([[frame(0, 1n, 'one')]]);
  const two = buildRecording([[frame(1, 2n, 'two')]]).subarray(FILE_HEADER.BYTES);
  for (let part = 1; part < two.length; part++) {
    assert.deepEqual(texts(Buffer.concat([one, two.subarray(0, part), two])), ['one', 'two']);
  }
});

test('a file that is no recording, and one of a later version, is refused with the reason', () => {
  assert.equal(recordingFault(memorySource(recordingFileHeader())), null);
  assert.match(recordingFault(memorySource(Buffer.from('TICK')))!, /4 bytes/);
  assert.match(recordingFault(memorySource(Buffer.from('SQLite format 3\0more'))) ?? '', /does not begin/);
  const later = Buffer.from(recordingFileHeader());
  later.writeUInt16LE(2, FILE_HEADER.VERSION);
  assert.match(recordingFault(memorySource(later)) ?? '', /version 2/);
});

test('a later version may lengthen the file header and add kinds of records: this one still reads the rest', () => {
  const bytes = buildRecording([[frame(0, 1n, 'one')]]);
  const header = Buffer.concat([bytes.subarray(0, FILE_HEADER.BYTES), Buffer.alloc(8, 7)]);
  header.writeUInt16LE(header.length, FILE_HEADER.HEADER_BYTES);
  assert.deepEqual(texts(Buffer.concat([header, bytes.subarray(FILE_HEADER.BYTES)])), ['one']);
});

test('a block says when it has no room, and takes the record after it was emptied', () => {
  const block = new BlockWriter(0, BLOCK.BYTES + 2 * (RECORD.BYTES + 4));
  const payload = Buffer.from('abcd');
  assert.equal(block.append(RECORDED.BINARY, 1, 0, payload), true);
  assert.equal(block.append(RECORDED.BINARY, 2, 0, payload), true);
  assert.equal(block.append(RECORDED.BINARY, 3, 0, payload), false);
  assert.equal(block.records, 2);
  block.clear();
  assert.equal(block.isEmpty, true);
  assert.equal(block.append(RECORDED.BINARY, 3, 0, payload), true);
  const { records } = readBack(Buffer.concat([recordingFileHeader(), block.finish()]));
  assert.deepEqual(
    records.map(({ time }) => time),
    [3n],
  );
  assert.throws(() => new BlockWriter(0, BLOCK.BYTES + MAX_PAYLOAD_BYTES + 1), RangeError);
});

test('wishes that make no sense are left out, the others are kept', () => {
  const good = { exchange: 'NSE', symbol: 'INFY', segment: 1, token: '1594', mode: 3 };
  const bad = [null, 7, {}, { ...good, mode: 9 }, { ...good, segment: -1 }, { ...good, token: 5 }];
  assert.deepEqual(
    parseRecordedWishes(json({ action: 'subscribe', wishes: [...bad, { ...good, more: 1 }] })),
    {
      action: 'subscribe',
      wishes: [good],
    },
  );
  for (const payload of [
    json([]),
    json({ action: 'buy', wishes: [] }),
    json({ action: 'subscribe' }),
    Buffer.from('{'),
  ]) {
    assert.equal(parseRecordedWishes(payload), null);
  }
  assert.equal(parseRecordedBroker(json({ broker: 'angel' })), 'angel');
  assert.equal(parseRecordedBroker(json({ broker: 5 })), null);
  assert.deepEqual(parseRecordedLoss(json({ messages: 3, bytes: 999 })), { messages: 3, bytes: 999 });
  assert.equal(parseRecordedLoss(json({ messages: -3, bytes: 999 })), null);
});

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BlockWriter, recordingFileHeader } from '../../src/codec/recording/block-writer.ts';
import {
  parseRecordedBroker,
  parseRecordedLoss,
  parseRecordedWishes,
} from '../../src/codec/recording/recorded-wishes.ts';
import { RECORDED } from '../../src/codec/recording/recording-layout.ts';
import { MODE } from '../../src/codec/tick.ts';
import { EpochClock } from '../../src/workers/epoch-clock.ts';
import { FrameRecorder } from '../../src/workers/feed/frame-recorder.ts';
import {
  BlackBoxFiles,
  type RecordingFiles,
  SharedRecordingFile,
} from '../../src/workers/feed/recording-files.ts';
import { readBack } from '../support/recording.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const INFY = { slot: 0, broker: 'angel', exchange: 'NSE', symbol: 'INFY', segment: 1, token: '1594' };
const time = Int32Array.of(5, 400_000_000);

function recorderOf(files: RecordingFiles, feed = 0) {
  const troubles: (string | null)[] = [];
  const onTrouble = (message: string | null) => void troubles.push(message);
  const recorder = new FrameRecorder({ feed, broker: 'angel', files, clock: new EpochClock(), onTrouble });
  return { recorder, troubles };
}

function sharedFile(t: TestContext): string {
  const path = join(temporaryDirectory(t), 'session.twr');
  writeFileSync(path, recordingFileHeader());
  return path;
}

/** Files whose writes wait for the test. */
class HeldFiles implements RecordingFiles {
  readonly blocks: Buffer[] = [];
  release: () => void = () => {};
  #held: Promise<void> = new Promise((resolve) => {
    this.release = resolve;
  });

  async write(block: Uint8Array): Promise<void> {
    await this.#held;
    this.blocks.push(Buffer.from(block));
  }
  async tidy(): Promise<void> {}
  async close(): Promise<void> {}
}

test('two feeds record into one file: every message, with its time, and what each was asked to carry', async (t) => {
  const path = sharedFile(t);
  const recorders = [0, 1].map((feed) => recorderOf(new SharedRecordingFile(path), feed).recorder);
  for (const [feed, recorder] of recorders.entries()) {
    recorder.opened();
    recorder.wishes('subscribe', [{ instrument: INFY, mode: MODE.DEPTH }]);
    for (let i = 0; i < 3000; i++) recorder.frame(Buffer.from(`frame ${feed} ${i}`.padEnd(379)), true, time);
    recorder.frame(Buffer.from('pong'), false, time);
    recorder.closed();
  }
  await Promise.all(recorders.map((recorder) => recorder.stop()));
  const { records, damages } = readBack(readFileSync(path));
  assert.deepEqual(damages, []);
  for (const feed of [0, 1]) {
    const own = records.filter((record) => record.feed === feed);
    assert.equal(parseRecordedBroker(own.find(({ kind }) => kind === RECORDED.FEED)!.payload), 'angel');
    const { slot, broker, ...address } = INFY;
    for (const { payload } of own.filter(({ kind }) => kind === RECORDED.WISHES)) {
      assert.deepEqual(parseRecordedWishes(payload), {
        action: 'subscribe',
        wishes: [{ ...address, mode: 3 }],
      });
    }
    const frames = own.filter(({ kind }) => kind === RECORDED.BINARY);
    assert.deepEqual(
      frames.map(({ payload }) => payload.toString().trim()),
      Array.from({ length: 3000 }, (_, i) => `frame ${feed} ${i}`),
    );
    assert.equal(frames[0]!.time, (400_000_000n << 32n) + 5n);
    assert.deepEqual(
      own.map(({ kind }) => kind).filter((kind) => kind !== RECORDED.BINARY && kind !== RECORDED.WISHES),
      [RECORDED.FEED, RECORDED.OPENED, RECORDED.TEXT, RECORDED.CLOSED],
    );
  }
});

test('a disk that does not keep up costs counted messages and says how many, and never holds the feed up', async () => {
  const files = new HeldFiles();
  const { recorder } = recorderOf(files);
  const frame = Buffer.alloc(1000, 7);
  for (let i = 0; i < 20_000; i++) recorder.frame(frame, true, time);
  const dropped = recorder.counters.recordDropped!;
  assert.ok(dropped > 0 && dropped < 20_000, `${dropped} dropped`);
  files.release();
  await until('room again', () => {
    const before = recorder.counters.recordDropped;
    recorder.frame(Buffer.from('last'), true, time);
    return recorder.counters.recordDropped === before;
  });
  await recorder.stop();
  const { records } = readBack(Buffer.concat([recordingFileHeader(), ...files.blocks]));
  const losses = records
    .filter(({ kind }) => kind === RECORDED.DROPPED)
    .map(({ payload }) => parseRecordedLoss(payload)!);
  assert.equal(
    losses.reduce((sum, { messages }) => sum + messages, 0),
    recorder.counters.recordDropped,
  );
  const frames = records.filter(({ kind }) => kind === RECORDED.BINARY);
  assert.equal(frames.length, recorder.counters.recorded! - recorder.counters.recordDropped!);
  assert.equal(frames.at(-1)!.payload.toString(), 'last');
});

test('a disk that hangs keeps no feed from its end', async () => {
  const files = new HeldFiles();
  const { recorder } = recorderOf(files);
  recorder.opened();
  let hasEnded = false;
  void recorder.stop().then(() => {
    hasEnded = true;
  });
  await until('the end', () => hasEnded, 5000);
  assert.deepEqual(files.blocks, []);
});

test('a message that fits no block is counted, and the next one is recorded', async (t) => {
  const path = sharedFile(t);
  const { recorder } = recorderOf(new SharedRecordingFile(path));
  recorder.frame(Buffer.alloc(2 * 1024 * 1024), true, time);
  recorder.frame(Buffer.from('small'), true, time);
  await recorder.stop();
  assert.equal(recorder.counters.recordDropped, 1);
  const { records } = readBack(readFileSync(path));
  assert.equal(records.filter(({ kind }) => kind === RECORDED.BINARY).length, 1);
  assert.equal(records.filter(({ kind }) => kind === RECORDED.DROPPED).length, 1);
});

test('a directory that cannot be written is told once, counted, and used as soon as it can', async (t) => {
  const parent = temporaryDirectory(t);
  // A file in the way refuses root too, as a read-only directory does not.
  const directory = join(parent, 'box');
  writeFileSync(directory, 'in the way');
  const { recorder, troubles } = recorderOf(
    new BlackBoxFiles(directory, 0, { maxMs: MINUTE, maxBytes: 2 ** 20 }),
  );
  recorder.frame(Buffer.from('one'), true, time);
  await until('the first failure', () => recorder.counters.recordWriteErrors === 1);
  recorder.frame(Buffer.from('two'), true, time);
  await until('the second failure', () => recorder.counters.recordWriteErrors === 2);
  assert.equal(troubles.length, 1);
  assert.match(troubles[0]!, /EEXIST|ENOTDIR/);
  unlinkSync(directory);
  recorder.frame(Buffer.from('three'), true, time);
  await until('the recovery', () => troubles.at(-1) === null);
  await recorder.stop();
  const [name] = readdirSync(directory);
  const { records } = readBack(readFileSync(join(directory, name!)));
  assert.deepEqual(
    records.filter(({ kind }) => kind === RECORDED.BINARY).map(({ payload }) => payload.toString()),
    ['three'],
  );
  const loss = records.find(({ kind }) => kind === RECORDED.DROPPED);
  assert.ok(parseRecordedLoss(loss!.payload)!.messages >= 1);
});

test('a full disk is told once, and every message that it took nothing of is counted', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('needs a device that is always full');
  const { recorder, troubles } = recorderOf(new SharedRecordingFile('/dev/full'));
  for (let round = 1; round <= 3; round++) {
    recorder.frame(Buffer.from('frame'), true, time);
    await until('the failure', () => recorder.counters.recordWriteErrors === round);
  }
  await recorder.stop();
  assert.equal(troubles.length, 1);
  assert.match(troubles[0]!, /ENOSPC/);
  assert.ok(recorder.counters.recordDropped! >= 3);
});

test('a black box keeps its size: the oldest files go, and each that stays can be understood by itself', async (t) => {
  const directory = join(temporaryDirectory(t), 'box');
  const maxBytes = 400_000;
  const files = new BlackBoxFiles(directory, 3, { maxMs: MINUTE, maxBytes });
  const head = (round: number) => {
    const block = new BlockWriter(3, 4096);
    block.append(RECORDED.FEED, round, 0, Buffer.from('{"broker":"angel"}'));
    return [block.finish()];
  };
  for (let round = 0; round < 100; round++) {
    const block = new BlockWriter(3, 16_384);
    for (let i = 0; i < 10; i++) block.append(RECORDED.BINARY, round, 0, Buffer.alloc(1500, round));
    await files.write(block.finish(), () => head(round));
    const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= maxBytes + 1000, `round ${round}: ${sizes}`);
  }
  await files.close();
  const kept = readdirSync(directory).sort();
  const rounds = kept.flatMap((name) => {
    const { records, damages } = readBack(readFileSync(join(directory, name)));
    assert.deepEqual(damages, []);
    assert.equal(parseRecordedBroker(records[0]!.payload), 'angel');
    return [...new Set(records.map((record) => record.time))];
  });
  assert.ok(rounds.length >= 20, 'most of the size is used');
  assert.deepEqual(
    rounds,
    Array.from({ length: rounds.length }, (_, i) => BigInt(100 - rounds.length + i)),
  );
});

test('a black box keeps its time: what is older than its minutes is deleted, also while nothing comes', async (t) => {
  const directory = temporaryDirectory(t);
  const files = new BlackBoxFiles(directory, 0, { maxMs: 100, maxBytes: 2 ** 20 });
  const block = new BlockWriter(0, 4096);
  block.append(RECORDED.BINARY, 1, 0, Buffer.from('old'));
  await files.write(block.finish(), () => []);
  await files.write(block.finish(), () => []);
  assert.equal(readdirSync(directory).length, 1);
  await until('a second file', async () => {
    await files.write(block.finish(), () => []);
    return readdirSync(directory).length > 1;
  });
  await until('only the file that is being written', async () => {
    await files.tidy();
    return readdirSync(directory).length <= 1;
  });
  await files.close();
});

test('a worker that takes over from a killed one goes on with its files and deletes those that are too old', async (t) => {
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o700);
  mkdirSync(join(directory, 'feed-0-1.twr.d'));
  const old = Date.now() / 1000 - 120;
  for (const name of ['feed-0-1000.twr', 'feed-7-1000.twr']) {
    writeFileSync(join(directory, name), recordingFileHeader());
    utimesSync(join(directory, name), old, old);
  }
  writeFileSync(join(directory, 'feed-0-2000.twr'), recordingFileHeader());
  writeFileSync(join(directory, 'notes.txt'), 'mine');
  utimesSync(join(directory, 'notes.txt'), old, old);
  const files = new BlackBoxFiles(directory, 0, { maxMs: MINUTE, maxBytes: 2 ** 20 });
  const { recorder } = recorderOf(files);
  recorder.frame(Buffer.from('frame'), true, time);
  await recorder.stop();
  await files.tidy();
  const names = readdirSync(directory).sort();
  assert.deepEqual(names.slice(0, 2), ['feed-0-1.twr.d', names[1]]);
  assert.equal(names.length, 4, names.join());
  assert.ok(names.includes('feed-0-2000.twr') && names.includes('notes.txt'));
  assert.equal(statSync(join(directory, names[1]!)).mode & 0o077, 0, 'nobody else may read it');
});

/**
 * The ring and the last-value table between real threads: one writer at full speed, a fast reader, a slow one and one
 * that pauses, over a ring so small that they are lapped.
 *
 * Legal outcomes, for each reader:
 * - It gets every record, or it is lapped and does not get some: a record is delivered whole, or counted as lost.
 *   Why: TAIL is moved behind a complete record, and INTENT before a record is overwritten.
 * - delivered + lost is exactly the number of records written, and what is delivered is in the order of writing.
 *   Why: each record carries its number.
 * - After the last tick its state of every slot is the last one written: from the ring, or, when lapped, from the table.
 *   Why: the table is written first, and read after the lap was seen.
 * - A cell being written is seen as the old value, the new value, or none.
 * - When the writer is killed, the record in hand is lost without a trace (it was never written), or it is complete.
 *   The next writer goes on, readers see its epoch, and none has to attach anew.
 *
 * Illegal, and searched for: a torn or mixed message, a record twice or out of order, a wrong count, a reader that
 * hangs, a stale state at the end.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import {
  CONTROL,
  type ReaderReport,
  SLOTS,
  type StressTask,
  type Temper,
  type WriterReport,
} from './ring-stress-worker.ts';

const TEMPERS: readonly Temper[] = ['fast', 'slow', 'paused'];

class Stage {
  readonly ring = createRing(16384);
  readonly #lastValues = LastValueTable.create(SLOTS);
  readonly #control = new SharedArrayBuffer(8);

  /** Starts a thread and waits until it is at work. */
  async start(role: StressTask['role'], epoch: number): Promise<Worker> {
    const task: StressTask = {
      role,
      epoch,
      ring: this.ring,
      lastValues: this.#lastValues,
      control: this.#control,
    };
    const worker = new Worker(new URL('ring-stress-worker.ts', import.meta.url), { workerData: task });
    await once(worker, 'message');
    return worker;
  }

  startReaders(): Promise<Worker[]> {
    return Promise.all(TEMPERS.map((temper) => this.start(temper, 0)));
  }

  async endWriter(writer: Worker): Promise<WriterReport> {
    const report = once(writer, 'message');
    Atomics.store(new Int32Array(this.#control), CONTROL.WRITER_ENDS, 1);
    const [content]: WriterReport[] = await report;
    return content!;
  }

  async endReaders(readers: readonly Worker[]): Promise<ReaderReport[]> {
    const reports = readers.map((reader) => once(reader, 'message'));
    Atomics.store(new Int32Array(this.#control), CONTROL.READERS_END, 1);
    return (await Promise.all(reports)).map(([report]): ReaderReport => report);
  }
}

/** Waits until the writers have committed `records` records in all. */
async function untilWritten(ring: SharedArrayBuffer, records: number): Promise<void> {
  const reader = new RingReader(ring);
  while (reader.written() < records) await new Promise((resolve) => setTimeout(resolve, 2));
}

function assertLegal(reports: readonly ReaderReport[], written: number, last: WriterReport): void {
  for (const [i, report] of reports.entries()) {
    const who = `${TEMPERS[i]} reader: ${JSON.stringify({ ...report, states: undefined })}`;
    assert.equal(report.torn, 0, who);
    assert.equal(report.disordered, 0, who);
    assert.equal(report.delivered + report.lost, written, who);
    assert.deepEqual(report.states, last.states, who);
  }
}

test('readers of any pace get whole records in order, count what they lost, and end on the true last values', {
  timeout: 30_000,
}, async (t) => {
  const stage = new Stage();
  const readers = await stage.startReaders();
  const writer = await stage.start('writer', 1);
  await untilWritten(stage.ring, 1_000_000);
  const last = await stage.endWriter(writer);
  const reports = await stage.endReaders(readers);
  const written = new RingReader(stage.ring).written();
  assertLegal(reports, written, last);
  for (const [i, { delivered, lost, laps, healed }] of reports.entries()) {
    t.diagnostic(`${TEMPERS[i]}: ${delivered} delivered, ${lost} lost in ${laps} laps, ${healed} healed`);
  }
  assert.ok(
    reports.slice(1).every(({ laps }) => laps > 0),
    'the slow readers were never lapped',
  );
});

test('a writer killed again and again leaves readers that go on with whole records of the next epoch', {
  timeout: 30_000,
}, async (t) => {
  const stage = new Stage();
  const readers = await stage.startReaders();
  const kills = 8;
  for (let epoch = 1; epoch <= kills; epoch++) {
    const writer = await stage.start('writer', epoch);
    await untilWritten(stage.ring, new RingReader(stage.ring).written() + 20_000);
    await writer.terminate();
  }
  const writer = await stage.start('writer', kills + 1);
  const before = new RingReader(stage.ring).written();
  await untilWritten(stage.ring, before + 100_000);
  const last = await stage.endWriter(writer);
  const reports = await stage.endReaders(readers);
  assertLegal(reports, new RingReader(stage.ring).written(), last);
  for (const { epochs } of reports) {
    assert.deepEqual(
      epochs,
      [...epochs].sort((a, b) => a - b),
    );
    assert.equal(epochs.at(-1), kills + 1);
  }
  t.diagnostic(`${reports.map(({ epochs }) => epochs.length).join(', ')} epochs seen`);
});

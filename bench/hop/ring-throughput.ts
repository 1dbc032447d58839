/**
 * What a record costs on each side of the ring when nobody waits, in one thread.
 *
 *   RingWriter.write × 64 ──▶ ring ──▶ RingReader.drain     (the ring)
 *   postMessage × 64 ──▶ MessageChannel ──▶ receive          (rival: what Node has for it)
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { type Contender, runMatches } from '../harness/rivals.ts';
import type { Scenario } from '../harness/scenario.ts';
import { createHopMessage, dueUsOf, setDueUs } from './hop-message.ts';

const RING_BYTES = 8 * 2 ** 20;
const BATCH = 64;

function writeOnly(): Contender {
  const writer = new RingWriter(createRing(RING_BYTES), 1);
  const message = createHopMessage();
  return {
    name: 'RingWriter.write',
    run: (from, count) => {
      for (let i = from; i < from + count; i++) {
        setDueUs(message, i);
        writer.write(message, message.length);
      }
      return count;
    },
  };
}

function writeAndDrain(): Contender {
  const ring = createRing(RING_BYTES);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  const message = createHopMessage();
  let sum = 0;
  const onRecord = () => {
    sum += dueUsOf(reader.words);
  };
  return {
    name: 'write and drain',
    run: (from, count) => {
      for (let i = from; i < from + count; i += BATCH) {
        for (let k = i; k < i + BATCH; k++) {
          setDueUs(message, k);
          writer.write(message, message.length);
        }
        reader.drain(onRecord, BATCH);
      }
      return sum;
    },
  };
}

function messageChannel(): Contender {
  const { port1, port2 } = new MessageChannel();
  // Held by nothing else, and kept from holding the process.
  port1.unref();
  port2.unref();
  const message = createHopMessage();
  return {
    name: 'MessageChannel',
    run: (from, count) => {
      let sum = 0;
      for (let i = from; i < from + count; i += BATCH) {
        for (let k = i; k < i + BATCH; k++) {
          setDueUs(message, k);
          port1.postMessage(message);
        }
        for (let k = 0; k < BATCH; k++) {
          const received = receiveMessageOnPort(port2);
          sum += received === undefined ? Number.NaN : dueUsOf(received.message);
        }
      }
      return sum;
    },
  };
}

export const ringThroughput: Scenario = {
  name: 'ring-throughput',
  group: 'hop',
  file: import.meta.filename,
  summary: 'ns per record through the ring in one thread, beside a MessageChannel',
  defaultSeconds: 0.05,
  smokeSeconds: 0.005,
  defaultRounds: 15,
  run: async (context) => {
    const contenders = [writeAndDrain(), writeOnly(), messageChannel()] as const;
    return runMatches(
      [{ title: 'quote message', contenders }],
      context,
      'A record through the ring, one thread',
    );
  },
};

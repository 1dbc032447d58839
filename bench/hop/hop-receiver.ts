/**
 * The receiving thread of the bus hop: takes ticks from a ring as a proxy worker does, or from the bus, and notes when
 * each was due and when it came. It serves one run after the other.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { ownThread } from '../harness/thread-usage.ts';
import { drainRing } from './drain-ring.ts';
import { dueUsOf, dueUsOfBytes } from './hop-message.ts';
import { type HopSubscriberOptions, subscribeHop } from './hop-subscriber.ts';
import { type HopReceived, HopTally, type HopWindow } from './hop-tally.ts';

export type HopReceiverData =
  | {
      readonly kind: 'ring';
      readonly ring: SharedArrayBuffer;
      readonly doorbells: SharedArrayBuffer;
      readonly spinUs: number;
    }
  | ({
      readonly kind: 'bus';
      /** As many sockets, each of which gets everything. */
      readonly subscribers: number;
    } & HopSubscriberOptions);

export type ToHopReceiver =
  | ({ readonly type: 'begin' } & HopWindow)
  | { readonly type: 'counts' }
  | { readonly type: 'stop' };
export type FromHopReceiver =
  | { readonly type: 'ready'; readonly thread: number }
  | ({ readonly type: 'counts' } & HopReceived);

const port = parentPort!;
const post = (message: FromHopReceiver) => port.postMessage(message);
const data = workerData as HopReceiverData;
const tally = new HopTally();

/** @returns what ends it */
function readRing({ ring, doorbells, spinUs }: HopReceiverData & { kind: 'ring' }): () => Promise<void> {
  const { stop: end } = drainRing({ ring, doorbells, spinUs, strategy: 'backoff' }, (words) => {
    tally.noteMessage();
    tally.noteTick(dueUsOf(words), monotonicUs());
  });
  return end;
}

/** @returns what ends it */
function readBus(subscribers: number, options: HopSubscriberOptions): () => Promise<void> {
  const ends = Array.from({ length: subscribers }, () =>
    subscribeHop(options, (frames) => {
      tally.noteMessage();
      const nowUs = monotonicUs();
      for (let i = 1; i < frames.length; i++) tally.noteTick(dueUsOfBytes(frames[i]!), nowUs);
    }),
  );
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
}

const stop = data.kind === 'ring' ? readRing(data) : readBus(data.subscribers, data);
port.on('message', async (message: ToHopReceiver) => {
  switch (message.type) {
    case 'begin':
      tally.begin(message);
      break;
    case 'counts':
      post({ type: 'counts', ...tally.counts() });
      break;
    case 'stop':
      await stop();
      port.close();
  }
});
post({ type: 'ready', thread: ownThread() });

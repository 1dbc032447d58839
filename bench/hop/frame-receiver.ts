/**
 * The receiving thread of the frame hop. It gets the ticks that a feed worker has written into a ring, or the generator's
 * frames themselves, and notes when each was due and when it came.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';
import { EXCHANGE_TYPE } from '../../src/codec/angel/frame-layout.ts';
import { encodeRequest } from '../../src/codec/angel/request-encoder.ts';
import { MODE } from '../../src/codec/tick.ts';
import { modeOf, readInt64, WORD } from '../../src/codec/tick-message.ts';
import { benchToken } from '../end-to-end/bench-instruments.ts';
import { timeOfStamp } from '../end-to-end/price-stamp.ts';
import { RawClient } from '../end-to-end/raw-client.ts';
import { intendedTimeFinder, NO_TICK, type StreamMode } from '../end-to-end/tick-format.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { ownThread } from '../harness/thread-usage.ts';
import { drainRing, type RingOptions } from './drain-ring.ts';
import { type HopReceived, HopTally, type HopWindow } from './hop-tally.ts';

export type FrameReceiverData =
  | ({ readonly way: 'feed worker' } & RingOptions)
  /** `ws` is the library; `socket` finds frames by their headers, in place, and nothing else. */
  | { readonly way: 'ws' | 'socket'; readonly url: string; readonly instruments: number };

export type ToFrameReceiver =
  | { readonly type: 'subscribe'; readonly mode: StreamMode }
  | { readonly type: 'unsubscribe' }
  | ({ readonly type: 'begin' } & HopWindow)
  | { readonly type: 'counts' }
  | { readonly type: 'stop' };
export type FromFrameReceiver =
  | { readonly type: 'ready'; readonly thread: number }
  | ({ readonly type: 'counts' } & HopReceived);

interface Receiver {
  /** Begins a connection that carries this mode; a ring has what its writer is told. */
  subscribe(mode: StreamMode): Promise<void> | void;
  unsubscribe(): void;
  stop(): Promise<void> | void;
}

const MODE_NUMBER = { ltp: MODE.LTP, quote: MODE.QUOTE, depth: MODE.DEPTH } as const;
/** What the feed worker's socket reads at once. */
const BUFFER_BYTES = 64 * 1024;

const port = parentPort!;
const post = (message: FromFrameReceiver) => port.postMessage(message);
const data = workerData as FrameReceiverData;
const tally = new HopTally();

function requestFor(mode: StreamMode, instruments: number): string {
  const exchangeType = EXCHANGE_TYPE.NSE_CM;
  const tokens = Array.from({ length: instruments }, (_, i) => ({ exchangeType, token: benchToken(i) }));
  return encodeRequest({ action: 'subscribe', mode: MODE_NUMBER[mode], tokens, correlationId: 'bench' });
}

function readRing(options: RingOptions): Receiver {
  const { stop } = drainRing(options, (words) => {
    const nowUs = monotonicUs();
    const isLtp = modeOf(words) === MODE.LTP;
    tally.noteMessage();
    tally.noteTick(
      isLtp ? timeOfStamp(readInt64(words, WORD.LTP), nowUs) : readInt64(words, WORD.VOLUME),
      nowUs,
    );
  });
  return { subscribe: () => {}, unsubscribe: () => {}, stop };
}

function readWithLibrary(url: string, instruments: number): Receiver {
  let socket: WebSocket | undefined;
  const unsubscribe = () => socket?.terminate();
  return {
    subscribe: async (mode) => {
      const find = intendedTimeFinder('wire', mode);
      // As the engine opens its own.
      socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
      socket.on('message', (message) => {
        const frame = message as Buffer;
        const nowUs = monotonicUs();
        const dueUs = find(frame, 0, frame.length, nowUs);
        if (dueUs === NO_TICK) return;
        tally.noteMessage();
        tally.noteTick(dueUs, nowUs);
      });
      await once(socket, 'open');
      socket.send(requestFor(mode, instruments));
    },
    unsubscribe,
    stop: unsubscribe,
  };
}

function readSocket(url: string, instruments: number): Receiver {
  let client: RawClient | undefined;
  const unsubscribe = () => client?.close();
  return {
    subscribe: async (mode) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      client = new RawClient(
        { url, form: 'wire', mode, bufferBytes: BUFFER_BYTES },
        {
          tick: (receivedUs, intendedUs) => {
            tally.noteMessage();
            tally.noteTick(intendedUs, receivedUs);
          },
          control: () => {},
          open: resolve,
          lost: (reason) => reject(new Error(`the connection to the generator was lost: ${reason}`)),
        },
      );
      await promise;
      client.sendText(requestFor(mode, instruments));
    },
    unsubscribe,
    stop: unsubscribe,
  };
}

function createReceiver(): Receiver {
  if (data.way === 'feed worker') return readRing(data);
  const { url, instruments } = data;
  return data.way === 'ws' ? readWithLibrary(url, instruments) : readSocket(url, instruments);
}

const receiver = createReceiver();
port.on('message', async (message: ToFrameReceiver) => {
  switch (message.type) {
    case 'subscribe':
      await receiver.subscribe(message.mode);
      break;
    case 'unsubscribe':
      receiver.unsubscribe();
      break;
    case 'begin':
      tally.begin(message);
      break;
    case 'counts':
      post({ type: 'counts', ...tally.counts() });
      break;
    case 'stop':
      await receiver.stop();
      port.close();
  }
});
post({ type: 'ready', thread: ownThread() });

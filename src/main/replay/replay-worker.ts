/**
 * The replay exchange in a worker thread: it sends as many messages as a market does, and reads the recording from disk
 * beside it. It holds no native handle.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { exchangeWireOf } from '../simulator/exchange-wires.ts';
import { ReaderRest } from './reader-rest.ts';
import { openRecording } from './recording-file.ts';
import { type ReplayEvent, ReplayExchange } from './replay-exchange.ts';

/** What the worker is started with. */
export interface ReplayTask {
  readonly path: string;
  readonly broker: string;
  readonly speed: number;
  readonly loop: boolean;
  readonly windowBytes: number;
  readonly doorbells: SharedArrayBuffer;
}

export type ToReplay = { readonly type: 'stop' } | { readonly type: 'hold'; readonly isHeld: boolean };

export type FromReplay =
  | { readonly type: 'listening'; readonly url: string }
  | ReplayEvent
  /** It could not do its work, and leaves. */
  | { readonly type: 'failed'; readonly message: string };

function post(message: FromReplay): void {
  parentPort?.postMessage(message);
}

async function serve({ path, broker, speed, loop, windowBytes, doorbells }: ReplayTask): Promise<void> {
  const recording = openRecording([path]);
  const readers = new ReaderRest(doorbells);
  const exchange = new ReplayExchange({
    wire: exchangeWireOf(broker),
    broker,
    blocks: recording.blocks,
    speed,
    loop,
    windowBytes,
    drained: (signal) => readers.untilDrained(signal),
    onEvent: post,
  });
  const url = await exchange.listen();
  parentPort?.on('message', async (message: ToReplay) => {
    if (message.type === 'hold') {
      exchange.hold(message.isHeld);
      return;
    }
    await exchange.close();
    recording.close();
    parentPort?.close();
  });
  post({ type: 'listening', url });
  await exchange.playing;
}

serve(workerData as ReplayTask).catch((error: unknown) => {
  post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
});

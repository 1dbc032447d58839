/**
 * What the workers with native handles (proxy, bus, OpenAlgo's bus) have in common: nobody may kill
 * them. They catch at their top, close their sockets, say why, and leave by themselves. A thread that does not come to
 * that point is wedged, which is for main to notice.
 */
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { HopMeasure } from './measures/thread-measures.ts';
import { ThreadWatch } from './measures/thread-watch.ts';
import type { FromSupervised, ToSupervised } from './worker-messages.ts';

/** @template To the messages that are special to the worker */
export interface NativeWorker<To> {
  /** @returns false for a message that it does not know */
  handle(message: To): boolean;
  counters(): Record<string, number>;
  /** What was recorded of the hops since the last call, by a worker that sees any. */
  hops?(): readonly HopMeasure[];
  /** Frees every native handle. Called once, also after a failed start. */
  close(): Promise<void> | void;
}

/** Says of an error what a log needs: its code, if it has one, and its text. */
function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'WORKER_FAILED', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'WORKER_FAILED';
  return { code, message: error.stack ?? error.message };
}

function isOfSupervision(message: { readonly type: string }): message is ToSupervised {
  return message.type === 'ping' || message.type === 'stop';
}

const COUNTERS_INTERVAL_MS = 1000;

/**
 * Runs a worker thread until it is told to stop or fails.
 *
 * @param start builds the worker and resolves with the port it listens on (0 when it listens on none). It hands the
 *   worker to `own` as soon as it holds a native handle, so that a start that fails half-way is cleaned up too.
 */
export function runNativeWorker<To extends { readonly type: string }>(
  start: (
    port: MessagePort,
    fail: (error: unknown) => void,
    own: (worker: NativeWorker<To>) => void,
  ) => Promise<number>,
): void {
  if (parentPort === null) throw new Error('a native worker is started as a worker thread');
  const port = parentPort;
  const post = (message: FromSupervised) => port.postMessage(message);
  let worker: NativeWorker<To> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let leaving = false;
  const watch = new ThreadWatch();

  const leave = async (failure: { code: string; message: string } | null) => {
    if (leaving) return;
    leaving = true;
    clearInterval(timer);
    watch.stop();
    try {
      await worker?.close();
    } finally {
      post({ type: 'left', code: failure?.code ?? null, message: failure?.message ?? 'asked to stop' });
      // With the port closed and all handles freed nothing keeps the thread; process.exit() here would abort the process
      // while a native handle lives.
      port.close();
    }
  };
  const fail = (error: unknown) => void leave(describe(error));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);

  port.on('message', (message: To | ToSupervised) => {
    if (isOfSupervision(message)) {
      if (message.type === 'ping') post({ type: 'pong' });
      else void leave(null);
    } else if (worker?.handle(message) === false) {
      fail(new Error(`worker got an unknown message: ${JSON.stringify(message)}`));
    }
  });
  const own = (built: NativeWorker<To>) => {
    worker = built;
  };
  start(port, fail, own).then((listeningPort) => {
    if (leaving) return;
    post({ type: 'ready', port: listeningPort });
    timer = setInterval(() => {
      if (worker === undefined) return;
      post({ type: 'counters', counters: worker.counters() });
      post({ type: 'measures', hops: worker.hops?.() ?? [], health: watch.take(), clock: null });
    }, COUNTERS_INTERVAL_MS);
  }, fail);
}

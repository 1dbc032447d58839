/** The engine's own feed worker, in a thread that a bench can find: with a task and a port, as piscina gives them to it. */
import { parentPort, workerData } from 'node:worker_threads';
import runFeed from '../../src/workers/feed/feed-worker.ts';
import { ownThread } from '../harness/thread-usage.ts';

parentPort!.postMessage({ type: 'ready', thread: ownThread() });
parentPort!.unref();
await runFeed(workerData);

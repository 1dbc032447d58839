/** A client in a thread of its own: counts in shared memory what has arrived, while the thread of the test stands still. */
import { workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';

export interface TickingClientTask {
  readonly url: string;
  /** One word. */
  readonly arrived: SharedArrayBuffer;
}

const { url, arrived } = workerData as TickingClientTask;
const count = new Int32Array(arrived);
const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on('message', () => {
  Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
});

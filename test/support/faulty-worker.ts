/** A worker thread that misbehaves as its `workerData` says, for tests of the supervision. */
import { parentPort, workerData } from 'node:worker_threads';
import type {
  FromReader,
  FromSupervised,
  ToReader,
  ToSupervised,
} from '../../src/workers/worker-messages.ts';

export interface FaultyTask {
  readonly fault:
    | 'none'
    | 'never ready'
    | 'never answers'
    | 'throws at start'
    | 'exits silently'
    | 'exits when asked'
    | 'leaves when asked twice';
}

const port = parentPort!;
const post = (message: FromReader | FromSupervised) => port.postMessage(message);

function serve({ fault }: FaultyTask): void {
  if (fault === 'throws at start') throw new Error('no luck today');
  if (fault === 'exits silently') process.exit(0);
  if (fault !== 'never ready') post({ type: 'ready', port: 7 });
  let stops = 0;
  port.on('message', ({ type }: ToReader | ToSupervised) => {
    if (type === 'ping' && fault !== 'never answers') post({ type: 'pong' });
    if (type === 'keyVerified' && fault === 'exits when asked') process.exit(0);
    // Back to main, so that the test sees which life of the worker got an answer.
    if (type === 'keyVerified') post({ type: 'need', needs: [], answered: 0 });
    if (type === 'stop' && (++stops > 1 || fault !== 'leaves when asked twice')) port.close();
  });
  // A question that the test answers when it likes.
  post({ type: 'verifyKey', id: 1, key: 'a key', asker: '' });
}

serve(workerData as FaultyTask);

/** Clients that send wrong keys, in a thread of their own: what they do themselves is not what they do to others. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';

export interface KeyGuessersTask {
  readonly url: string;
  readonly clients: number;
}

/** `guess`: every client sends a key that nobody ever sent; `leave` ends the thread. */
export type ToKeyGuessers = 'guess' | 'leave';

export type FromKeyGuessers =
  | { readonly type: 'connected' }
  /** All are answered. The codes of the answers, each once, and the longest time to one. */
  | { readonly type: 'answered'; readonly codes: readonly string[]; readonly slowestMs: number };

const port = parentPort!;
const { url, clients } = workerData as KeyGuessersTask;
let keysTried = 0;

function post(message: FromKeyGuessers): void {
  port.postMessage(message);
}

const sockets = await Promise.all(
  Array.from({ length: clients }, async () => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    return socket;
  }),
);
post({ type: 'connected' });

async function guess(): Promise<void> {
  const began = performance.now();
  const answers = sockets.map(async (socket) => {
    const answered = once(socket, 'message');
    socket.send(JSON.stringify({ action: 'authenticate', api_key: `wrong ${keysTried++}` }));
    const [data] = (await answered) as [Buffer];
    const { code } = JSON.parse(data.toString()) as { code?: unknown };
    return { code: String(code), ms: performance.now() - began };
  });
  const all = await Promise.all(answers);
  const codes = [...new Set(all.map(({ code }) => code))];
  post({ type: 'answered', codes, slowestMs: Math.max(...all.map(({ ms }) => ms)) });
}

port.on('message', (message: ToKeyGuessers) => {
  if (message === 'guess') void guess();
  if (message === 'leave') {
    for (const socket of sockets) socket.terminate();
    port.close();
  }
});

/**
 * Simulated exchanges in a worker thread. It starts with `workerData`, says where they listen, and leaves when it is
 * told to. It holds no native handle: it may also be terminated from outside, or die, without harm to other threads.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SimulatedExchange } from './simulated-exchange.ts';
import type { SimulatedExchangeOptions } from './simulator-options.ts';

/** What the worker is started with. */
export interface SimulatorTask {
  readonly exchanges: readonly ExchangeTask[];
}

export interface ExchangeTask {
  readonly options: Omit<SimulatedExchangeOptions, 'clock'>;
  readonly host?: string;
  readonly port?: number;
}

export type ToSimulator = { readonly type: 'stop' };

export type FromSimulator =
  /** Addresses, in the order of the exchanges. */
  | { readonly type: 'listening'; readonly urls: readonly string[] }
  /** The worker closed its sockets and leaves. `code` is set when it could not do its work. */
  | { readonly type: 'left'; readonly code: string | null; readonly message: string };

function post(message: FromSimulator): void {
  parentPort?.postMessage(message);
}

function leave(code: string | null, message: string): void {
  post({ type: 'left', code, message });
  parentPort?.close();
}

async function serve(task: SimulatorTask): Promise<void> {
  const exchanges: SimulatedExchange[] = [];
  const urls: string[] = [];
  const closeAll = () => Promise.all(exchanges.map((exchange) => exchange.close()));
  try {
    for (const { options, port, host } of task.exchanges) {
      const exchange = new SimulatedExchange(options);
      urls.push((await exchange.listen(port, host)).url);
      exchanges.push(exchange);
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  parentPort?.once('message', async (message: ToSimulator) => {
    await closeAll();
    if (message.type === 'stop') leave(null, 'stopped');
    else leave('UNKNOWN_MESSAGE', 'The simulator understands no message but stop.');
  });
  post({ type: 'listening', urls });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'SIMULATOR_FAILED';
}

const task: SimulatorTask = workerData;
serve(task).catch((error: unknown) => {
  leave(codeOf(error), error instanceof Error ? error.message : String(error));
});

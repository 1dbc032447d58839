import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { TickwireError } from '../errors.ts';
import type { RefreshOutcome, RefreshProgress } from './list-refresh.ts';
import { REFRESH_WORKER, type RefreshRequest, type RefreshResult } from './refresh-worker.ts';

/**
 * Refreshes a broker's instruments in a thread of its own.
 *
 * @throws TickwireError INSTRUMENTS_…; the instruments that were there stay
 */
export async function refreshInstruments(
  pool: Piscina,
  request: RefreshRequest,
  onProgress: (progress: RefreshProgress) => void,
): Promise<RefreshOutcome> {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', onProgress);
  try {
    const options = { filename: REFRESH_WORKER.href, transferList: [port2] };
    const result = (await pool.run({ request, port: port2 }, options)) as RefreshResult;
    if (result.status === 'failed') throw new TickwireError(result.code, result.message);
    return result;
  } finally {
    port1.close();
  }
}

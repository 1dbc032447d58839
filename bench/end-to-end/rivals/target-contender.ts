/** A server that somebody else started, and will stop. */
import { readProcessUsage } from '../../harness/process-usage.ts';
import { readThreadUsage } from '../../harness/thread-usage.ts';
import type { Contender, ServerProcess } from '../contender.ts';
import type { TargetOptions } from '../target-options.ts';

const UNKNOWN: ServerProcess = { usage: () => null, threads: () => null };

function processOf(pid: number): ServerProcess {
  return { usage: () => readProcessUsage(pid), threads: () => readThreadUsage(pid) };
}

/** Nothing is started: the target connects to the load generator, which listens where it was configured for. */
export function targetContender({ url, apiKey, pid, exchange, symbols }: TargetOptions): Contender {
  return {
    processes: [pid === null ? UNKNOWN : processOf(pid)],
    urls: [url],
    apiKey,
    market: { exchange, symbols },
    isForeign: true,
  };
}

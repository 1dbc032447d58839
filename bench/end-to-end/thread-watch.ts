/**
 * Preloaded into every thread of an engine under test (`--import`): says which thread of the kernel it is, and each pause
 * of its garbage collector, in lines that `thread-reports.ts` finds in the engine's output.
 */
import { readlinkSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { REPORT_MARK, type ThreadReport } from './thread-reports.ts';

const STANDARD_ERROR = 2;

function nameOfThread(): string {
  const [, script = ''] = process.argv;
  if (isMainThread) return 'main';
  // Feed workers are tasks of a thread pool, whose script is its own.
  return script.includes('piscina') ? 'feed-worker' : basename(script).replace(/\.[jt]s$/, '');
}

const report = (line: ThreadReport) =>
  void writeSync(STANDARD_ERROR, `${REPORT_MARK}${JSON.stringify(line)}\n`);

const name = nameOfThread();
const tid = process.platform === 'linux' ? Number(readlinkSync('/proc/thread-self').split('/').at(-1)) : 0;
report({ type: 'thread', name, tid });
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) report({ type: 'pause', tid, ms: duration });
}).observe({ entryTypes: ['gc'] });

/** What the threads of an engine say of themselves when `thread-watch.ts` is preloaded into it. */
import { join } from 'node:path';

/** What is to be given to Node. */
export const WATCH_FLAGS = ['--import', join(import.meta.dirname, 'thread-watch.ts')] as const;

export const REPORT_MARK = '@thread-watch ';

export type ThreadReport =
  | { readonly type: 'thread'; readonly tid: number; readonly name: string }
  | { readonly type: 'pause'; readonly tid: number; readonly ms: number };

/** Pauses for the garbage collector. */
export interface Pauses {
  count: number;
  totalMs: number;
  longestMs: number;
}

/** Reads an output that grows. */
export class ThreadReports {
  readonly names = new Map<number, string>();
  #read = 0;

  /** Takes note of what is new, up to the last whole line. @returns the pauses of each thread since the last call */
  follow(output: string): ReadonlyMap<number, Pauses> {
    const end = output.lastIndexOf('\n') + 1;
    const pauses = new Map<number, Pauses>();
    for (const line of output.slice(this.#read, end).split('\n')) {
      // Several threads write: a line of the engine's own may stand before the mark.
      const at = line.indexOf(REPORT_MARK);
      if (at < 0) continue;
      const report = JSON.parse(line.slice(at + REPORT_MARK.length)) as ThreadReport;
      if (report.type === 'thread') this.names.set(report.tid, report.name);
      else addPause(pauses, report.tid, report.ms);
    }
    this.#read = end;
    return pauses;
  }
}

function addPause(pauses: Map<number, Pauses>, tid: number, ms: number): void {
  const known = pauses.get(tid) ?? { count: 0, totalMs: 0, longestMs: 0 };
  known.count++;
  known.totalMs += ms;
  known.longestMs = Math.max(known.longestMs, ms);
  pauses.set(tid, known);
}

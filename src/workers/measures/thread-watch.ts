/** Watches the thread that it is made in: how late its event loop is, how long it collects garbage, how busy it is. */
import { constants, type PerformanceEntry, PerformanceObserver, performance } from 'node:perf_hooks';
import { HopHistogram } from './hop-histogram.ts';
import type { GcKind, GcMeasure, ThreadHealth } from './thread-measures.ts';

/** 50 wake-ups a second, some µs each. Delays shorter than this are seen in proportion to their length. */
const PERIOD_MS = 20;

const KINDS: readonly GcKind[] = ['minor', 'major', 'other'];

function gcKind(entry: PerformanceEntry): GcKind {
  const detail: unknown = 'detail' in entry ? entry.detail : null;
  const kind = typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
  if (kind === constants.NODE_PERFORMANCE_GC_MINOR) return 'minor';
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR ? 'major' : 'other';
}

export class ThreadWatch {
  readonly #loopDelay = new HopHistogram();
  readonly #gc = { minor: new HopHistogram(), major: new HopHistogram(), other: new HopHistogram() };
  readonly #observer: PerformanceObserver;
  readonly #timer: NodeJS.Timeout;
  #utilization = performance.eventLoopUtilization();
  #lastTickAt = performance.now();

  /** Begins at once; keeps no thread alive. */
  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#gc[gcKind(entry)].record(entry.duration * 1000);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#loopDelay.record(Math.max(0, now - this.#lastTickAt - PERIOD_MS) * 1000);
      this.#lastTickAt = now;
    }, PERIOD_MS);
    this.#timer.unref();
  }

  /** What happened since the last call. */
  take(): ThreadHealth {
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const gc: GcMeasure[] = [];
    for (const kind of KINDS) {
      const pauses = this.#gc[kind].take();
      if (pauses !== null) gc.push({ kind, pauses });
    }
    return {
      loopDelay: this.#loopDelay.take(),
      gc,
      utilization: performance.eventLoopUtilization(this.#utilization, before).utilization,
      heapBytes: process.memoryUsage().heapUsed,
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#observer.disconnect();
  }
}

/** Watches the thread that it is made in: how late its event loop is, how long it collects garbage, how busy it is. */
import { constants, type PerformanceEntry, PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { HopHistogram } from './hop-histogram.ts';
import type { GcKind, GcMeasure, ThreadHealth } from './thread-measures.ts';

/**
 * So often a timer asks how late it is; delays shorter than this are seen in proportion to their length. Each time wakes the
 * thread, which takes some 40 µs: every 20 ms of all threads were 8 % of the CPU of an engine at 10,000 ticks/s.
 */
const PERIOD_MS = 100;
/**
 * In a thread that has next to nothing to do: the wake-ups of all threads took 1.5 % of a core of an engine that rested, as
 * much as everything else.
 */
const QUIET_PERIOD_MS = 500;
/** Part of the time in which a thread that counts as quiet has work. */
const QUIET_PART = 0.02;
/** Over how long that is judged, at least. */
const JUDGED_MS = 900;

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
  #timer: NodeJS.Timeout | undefined;
  #periodMs = 0;
  #judgedAt = performance.now();
  #judged = performance.eventLoopUtilization();
  #utilization = performance.eventLoopUtilization();
  #lastTickAt = performance.now();

  /** Begins at once; keeps no thread alive. */
  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#gc[gcKind(entry)].record(entry.duration * 1000);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#ask(PERIOD_MS);
  }

  /** What happened since the last call. */
  take(): ThreadHealth {
    this.#judge();
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
      // `process.memoryUsage` opens a file, and throws where the process may open no more.
      heapBytes: getHeapStatistics().used_heap_size,
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#observer.disconnect();
  }

  #ask(periodMs: number): void {
    if (periodMs === this.#periodMs) return;
    clearInterval(this.#timer);
    // What the present timer is late already is not forgotten with it.
    if (this.#periodMs > 0 && performance.now() - this.#lastTickAt > this.#periodMs) this.#note();
    this.#periodMs = periodMs;
    this.#lastTickAt = performance.now();
    this.#timer = setInterval(() => this.#note(), periodMs);
    this.#timer.unref();
  }

  #note(): void {
    const now = performance.now();
    this.#loopDelay.record(Math.max(0, now - this.#lastTickAt - this.#periodMs) * 1000);
    this.#lastTickAt = now;
  }

  #judge(): void {
    const now = performance.now();
    if (now - this.#judgedAt < JUDGED_MS) return;
    const { utilization } = performance.eventLoopUtilization(this.#judged);
    this.#judgedAt = now;
    this.#judged = performance.eventLoopUtilization();
    this.#ask(utilization < QUIET_PART ? QUIET_PERIOD_MS : PERIOD_MS);
  }
}

/** What every thread of the process tells main about itself once a second, beside its counters. */
import type { HistogramIncrement } from './hop-histogram.ts';

/**
 * The way of a tick, by the same names everywhere: metrics, dashboard, and the stamps that clients can ask for.
 *
 * | hop                   | from                                    | to |
 * | `exchange_to_receive` | the exchange's time in the frame        | the read of the socket that brought the frame |
 * | `receive_to_publish`  | that read                               | the tick is numbered and goes to the ring |
 * | `publish_to_send`     | that                                    | the end of the drain that gave it to the socket library |
 * | `receive_to_send`     | the read                                | the same |
 */
export type HopName = 'exchange_to_receive' | 'receive_to_publish' | 'publish_to_send' | 'receive_to_send';

/** What was recorded of a hop. */
export interface HopMeasure {
  readonly hop: HopName;
  /** Of `exchange_to_receive`; empty for the others. */
  readonly exchange: string;
  /** To whom it was sent: `clients` or `bus`; empty where it is not sent. */
  readonly to: string;
  readonly increment: HistogramIncrement;
}

/** How far this machine's clock is ahead of the exchanges': a fact for each bound, null where nothing bounds it. ms. */
export interface ClockBounds {
  readonly lowMs: number | null;
  readonly highMs: number | null;
}

export type GcKind = 'minor' | 'major' | 'other';

export interface GcMeasure {
  readonly kind: GcKind;
  readonly pauses: HistogramIncrement;
}

/** How a thread itself is doing. */
export interface ThreadHealth {
  /** How late a timer of the event loop was. */
  readonly loopDelay: HistogramIncrement | null;
  readonly gc: readonly GcMeasure[];
  /** Part of the time in which the event loop had work, 0 to 1. */
  readonly utilization: number;
  readonly heapBytes: number;
}

export interface ThreadMeasures {
  readonly type: 'measures';
  readonly hops: readonly HopMeasure[];
  readonly health: ThreadHealth;
  /** Null in threads that see no exchange's time. */
  readonly clock: ClockBounds | null;
}

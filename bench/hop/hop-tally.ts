/** What the receiving thread of a hop counts in a run. */
import { LatencyRecorder, type LatencySummary } from '../harness/latency-recorder.ts';

/** The times of a run: what was due earlier is only counted. */
export interface HopWindow {
  readonly measureFromUs: number;
  readonly endUs: number;
}

export interface HopReceived {
  readonly received: number;
  /** Messages that they came in. */
  readonly messages: number;
  /** Ticks that came within the window, whenever they were due. */
  readonly inWindow: number;
  readonly latency: LatencySummary;
}

export class HopTally {
  readonly #latency = new LatencyRecorder();
  #window: HopWindow = { measureFromUs: 0, endUs: 0 };
  #received = 0;
  #messages = 0;
  #inWindow = 0;

  begin(window: HopWindow): void {
    this.#window = window;
    this.#latency.reset();
    this.#received = 0;
    this.#messages = 0;
    this.#inWindow = 0;
  }

  /** A message has come; its ticks follow. Hot path. */
  noteMessage(): void {
    this.#messages++;
  }

  /** Hot path; neither allocates nor throws. */
  noteTick(dueUs: number, nowUs: number): void {
    this.#received++;
    if (dueUs >= this.#window.measureFromUs) this.#latency.record(nowUs - dueUs);
    if (nowUs >= this.#window.measureFromUs && nowUs < this.#window.endUs) this.#inWindow++;
  }

  counts(): HopReceived {
    return {
      received: this.#received,
      messages: this.#messages,
      inWindow: this.#inWindow,
      latency: this.#latency.summary(),
    };
  }
}

/** The engine's side of `tickwire drain`: takes the wish, and tells whoever waits how far it is. */
import type { ControlCommand, ControlLine } from './ops/control-socket.ts';
import type { DrainProgress } from './ops/proxy-drain.ts';
import type { StopRequest } from './stop-request.ts';

const MAX_TIMEOUT_MS = 600_000;

/** Answer to a `drain`: it is under way. */
export interface DrainAccepted {
  readonly ok: true;
  readonly pid: number;
  /** The engine has left by then, or has been killed, in ms. */
  readonly endsWithinMs: number;
}

/** News behind it, the last one with `left`. */
export interface DrainLine extends DrainProgress {
  readonly left: boolean;
}

export interface DrainTimes {
  readonly drainTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

export class DrainCommand {
  readonly #stop: StopRequest;
  readonly #times: DrainTimes;
  readonly #watchers: ((news: ControlLine) => void)[] = [];
  #progress: DrainProgress = { clients: 0, unsentBytes: 0, closed: 0 };

  constructor(stop: StopRequest, times: DrainTimes) {
    this.#stop = stop;
    this.#times = times;
  }

  /** `{"command": "drain", "timeoutMs": …}`, the time as configured where none is given. */
  readonly run: ControlCommand = ({ timeoutMs }, follow) => {
    if (timeoutMs !== undefined && !isTimeout(timeoutMs)) {
      const message = `timeoutMs is ${JSON.stringify(timeoutMs)}; it must be a number from 0 to ${MAX_TIMEOUT_MS}`;
      return { ok: false, code: 'CONTROL_REQUEST_INVALID', message };
    }
    this.#watchers.push(follow());
    const wish = { cause: 'tickwire drain', reason: 'drain', drainMs: timeoutMs ?? null } as const;
    const { drainMs } = this.#stop.ask(wish);
    const { drainTimeoutMs, stopTimeoutMs } = this.#times;
    const answer: DrainAccepted = {
      ok: true,
      pid: process.pid,
      endsWithinMs: (drainMs ?? drainTimeoutMs) + stopTimeoutMs,
    };
    return { ...answer };
  };

  onProgress(progress: DrainProgress): void {
    this.#progress = progress;
    this.#tell(false);
  }

  /** All is stopped; the process ends with this. */
  onLeft(): void {
    this.#tell(true);
  }

  #tell(left: boolean): void {
    const line: DrainLine = { ...this.#progress, left };
    for (const tell of this.#watchers) tell({ ...line });
  }
}

function isTimeout(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIMEOUT_MS;
}

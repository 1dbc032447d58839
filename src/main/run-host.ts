/** What runs in this process, from its start to its orderly or disorderly end. */
import type { Logger } from 'pino';
import type { Config } from './config-options.ts';
import { createLog } from './ops/log.ts';
import type { ToParent } from './supervising-parent.ts';

/** An engine, or the proxies of feed hosts elsewhere. */
export interface Host<Started> {
  /** @throws TickwireError when it cannot start; whatever had been started is stopped again */
  start(): Promise<Started>;
  /** Safe in every state. */
  stop(): Promise<void>;
}

export interface HostRun<Started> {
  readonly config: Config;
  /** `onFatal`: the process cannot go on. */
  readonly create: (log: Logger, onFatal: (code: string, message: string) => void) => Host<Started>;
  /** Called once it runs; what it throws ends the host and the command. */
  readonly onStarted: (started: Started) => void;
  /** Resolves with a reason to stop, beside the signals. */
  readonly until?: Promise<string>;
}

/**
 * Runs until a signal asks to stop, or until the parent is gone. Resolves with the exit code.
 *
 * @throws TickwireError when the host cannot start
 */
export async function runHost<Started>(run: HostRun<Started>): Promise<number> {
  const { config, create, onStarted, until } = run;
  const log = createLog(config.logLevel, config.logFormat);
  const host = create(log, (code, message) => {
    log.fatal({ code }, message);
    endAtOnce();
  });
  const asked = Promise.race([askedToStop(), until ?? new Promise<never>(() => {})]);
  let deadline: NodeJS.Timeout | undefined;
  let ended = false;
  // From the moment of asking, which may be in the middle of the start.
  void asked.then((reason) => {
    if (ended) return;
    log.info({ reason }, 'stopping');
    deadline = setTimeout(() => {
      log.fatal({ code: 'STOP_TIMEOUT' }, `the engine did not stop within ${config.stopTimeoutMs} ms`);
      endAtOnce();
    }, config.stopTimeoutMs);
  });
  try {
    const started = await host.start();
    const message: ToParent = { type: 'started' };
    // The parent may be gone already; then the channel's end asks to stop, and this error says nothing new.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
    try {
      onStarted(started);
      await asked;
    } finally {
      await host.stop();
    }
  } finally {
    ended = true;
    clearTimeout(deadline);
    // The open channel would keep the process.
    if (process.connected) process.disconnect();
  }
  return 0;
}

/** Resolves with the reason. Signals that come after the first one change nothing: the stop is under way. */
function askedToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
    const orphaned = () => resolve('the supervising process is gone');
    process.once('disconnect', orphaned);
    // Gone before anybody listened. Without a channel there never was a parent.
    if (process.connected === false) orphaned();
  });
}

/**
 * An exit would run destructors under threads that hold native handles; this at least is quick. In a container without an
 * init the engine is process 1, which the kernel does not let kill itself by a signal; an abort ends it all the same.
 */
function endAtOnce(): never {
  if (process.pid !== 1) process.kill(process.pid, 'SIGKILL');
  process.abort();
}

/** The command `start`: one engine in this process, from its start to its orderly or disorderly end. */
import type { Config } from './config-options.ts';
import { Engine } from './engine.ts';
import type { EngineOptions } from './engine-options.ts';
import { createLog } from './ops/log.ts';
import type { ToParent } from './supervising-parent.ts';

/** What a command does with the engine beside running it. */
export interface EngineSession extends Pick<EngineOptions, 'recordTo' | 'standIn'> {
  /** Called once the engine runs; what it throws ends the engine and the command. */
  readonly onStarted?: (engine: Engine) => void;
  /** Resolves with a reason to stop, beside the signals. */
  readonly until?: Promise<string>;
}

/**
 * Runs until a signal asks to stop, or until the parent is gone. Resolves with the exit code.
 *
 * @throws TickwireError when the engine cannot start
 */
export async function runEngine(
  config: Config,
  cwd: string,
  print: (line: string) => void,
  { onStarted, until, ...session }: EngineSession = {},
): Promise<number> {
  const log = createLog(config.logLevel, config.logFormat);
  const engine = new Engine({
    ...session,
    config,
    cwd,
    log,
    onFatal: (code, message) => {
      log.fatal({ code }, message);
      endAtOnce();
    },
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
    const { url, demoKey } = await engine.start();
    print(`Tickwire is running. Open ${url}`);
    if (demoKey !== null) print(`Demo key: ${demoKey}`);
    const started: ToParent = { type: 'started' };
    // The parent may be gone already; then the channel's end asks to stop, and this error says nothing new.
    if (process.connected) process.send?.(started, undefined, undefined, () => {});
    try {
      onStarted?.(engine);
      await asked;
    } finally {
      await engine.stop();
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

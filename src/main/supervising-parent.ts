/**
 * The small process that keeps the engine's process alive: starts it, starts it again when it ends by a failure, passes
 * signals on, and leaves when it leaves in order. It holds no socket and no memory of ticks, so nothing in it can break.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Backoff } from '../workers/feed/backoff.ts';
import { CONFIGURATION_EXIT_CODE } from './errors.ts';

const RESTART_INITIAL_MS = 200;
const RESTART_MAX_MS = 10_000;
const STABLE_AFTER_MS = 30_000;

/** What the engine's process tells its parent, over the IPC channel. */
export type ToParent = { readonly type: 'started' };

/**
 * Runs until the engine's process ends in order, or with an error that another start cannot cure, or before it ever
 * started.
 *
 * @param script the CLI's entry file
 * @param args its arguments, which must not ask for supervision again
 * @returns the exit code to leave with
 */
export function superviseProcess(
  script: string,
  args: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const backoff = new Backoff(RESTART_INITIAL_MS, RESTART_MAX_MS);
  let child: ChildProcess;
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;
  let hasStarted = false;

  return new Promise((resolve) => {
    const run = () => {
      const startedAt = performance.now();
      child = spawn(process.execPath, [...process.execArgv, script, ...args], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      child.on('message', (message: ToParent) => {
        if (message.type === 'started') hasStarted = true;
      });
      child.on('exit', (code, signal) => {
        if (stopping || code === 0 || code === CONFIGURATION_EXIT_CODE || !hasStarted)
          return resolve(code ?? 1);
        if (performance.now() - startedAt > STABLE_AFTER_MS) backoff.reset();
        const delayMs = backoff.next();
        print(`the engine ended with ${signal ?? `code ${code}`}; starting it again in ${delayMs} ms`);
        restart = setTimeout(run, delayMs);
      });
    };
    const stop = () => {
      stopping = true;
      clearTimeout(restart);
      // Between two lives there is nobody to tell.
      if (child.exitCode !== null || child.signalCode !== null) return resolve(0);
      child.kill('SIGTERM');
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    run();
  });
}

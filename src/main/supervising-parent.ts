/**
 * The small process that keeps the engine's process alive: starts it, starts it again when it ends by a failure, passes
 * signals on, and leaves when it leaves in order. It holds no socket and no memory of ticks, so nothing in it can break.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Backoff } from '../workers/feed/backoff.ts';
import { handKey, makeOperatorKey } from './dashboard/made-key.ts';
import { CONFIGURATION_EXIT_CODE } from './errors.ts';
import { onHangup, RELOAD_MESSAGE } from './reload/reload-request.ts';

const RESTART_BACKOFF = { initialMs: 200, factor: 2, maxMs: 10_000, jitter: 0.5 };
const PARENT_POLL_MS = 500;
const STABLE_AFTER_MS = 30_000;
/** The engine's process ends itself when its stop takes too long, unless even that hangs. */
const KILL_MARGIN_MS = 1000;
/** What ends the engine's process by itself before it has come so far as to handle it. */
const STOP_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/** What the engine's process tells its parent, over the IPC channel. */
export type ToParent =
  /** It runs, or was reloaded. `stopTimeoutMs`: what an orderly stop may take from now on, clients included. */
  | { readonly type: 'running'; readonly stopTimeoutMs: number }
  /** Somebody has asked it to stop. */
  | { readonly type: 'stopping' };

/**
 * Runs until the engine's process ends in order, or with an error that another start cannot cure, or before it ever
 * started, or once somebody else has asked it to stop. Asked to stop, it passes that on, and leaves with 0 once the engine
 * is gone.
 *
 * @param script the CLI's entry file
 * @param args its arguments, which must not ask for supervision again
 * @param stopTimeoutMs what an orderly stop may take, clients included, until the engine says otherwise
 * @returns the exit code to leave with
 */
export function superviseProcess(
  script: string,
  args: readonly string[],
  stopTimeoutMs: number,
  print: (line: string) => void,
): Promise<number> {
  // Open dashboards go on in the engine's next life.
  const env = handKey(process.env, makeOperatorKey());
  const backoff = new Backoff(RESTART_BACKOFF);
  let child: ChildProcess;
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;
  let killer: NodeJS.Timeout | undefined;
  let hasStarted = false;
  let stopMs = stopTimeoutMs;

  return new Promise((resolve) => {
    const run = () => {
      const startedAt = performance.now();
      // Whoever asked, say with `tickwire drain`, wants it gone also when its stop fails.
      let wasAskedToStop = false;
      child = spawn(process.execPath, [...process.execArgv, script, ...args], {
        env,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      child.on('message', (message: ToParent) => {
        if (message.type === 'stopping') wasAskedToStop = true;
        else {
          hasStarted = true;
          stopMs = message.stopTimeoutMs;
        }
      });
      const onEnd = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(killer);
        if (stopping) return resolve(code ?? (STOP_SIGNALS.includes(signal!) ? 0 : 1));
        const isFinal = code === 0 || code === CONFIGURATION_EXIT_CODE;
        if (isFinal || wasAskedToStop || !hasStarted) return resolve(code ?? 1);
        if (performance.now() - startedAt > STABLE_AFTER_MS) backoff.reset();
        const delayMs = backoff.next();
        print(`the engine ended with ${signal ?? `code ${code}`}; starting it again in ${delayMs} ms`);
        restart = setTimeout(run, delayMs);
      };
      child.on('exit', onEnd);
      child.on('error', (error) => {
        print(`the engine's process: ${error.message}`);
        // Not even started, say for want of memory: there will be no exit.
        if (child.pid === undefined) onEnd(1, null);
      });
    };
    const stop = () => {
      clearTimeout(restart);
      // Between two lives there is nobody to tell.
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve(0);
      // Each time: the engine's process knows what it means to be asked again.
      askToStop(child);
      if (stopping) return;
      stopping = true;
      killer = setTimeout(() => child.kill('SIGKILL'), stopMs + KILL_MARGIN_MS);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, stop);
    // Between two lives nobody need be told: the next one reads the configuration at its start.
    onHangup(() => {
      if (child.connected) child.send(RELOAD_MESSAGE, () => {});
    }, stop);
    if (process.env.npm_lifecycle_event !== undefined) onParentGone(stop);
    run();
  });
}

/** On Windows each signal to a process ends it there and then; one whose channel ends stops in order. */
function askToStop(child: ChildProcess): void {
  if (process.platform !== 'win32') child.kill('SIGTERM');
  else if (child.connected) child.disconnect();
}

/**
 * npm ends at SIGTERM without passing it on to what it started (seen with npm 11), so `kill` of `npm start` would leave the
 * engine behind. Only under npm: a shell that started a daemon may well leave before it.
 */
function onParentGone(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_POLL_MS);
  timer.unref();
}

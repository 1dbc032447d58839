/** The command `start`: one engine in this process, from its start to its orderly or disorderly end. */
import type { Config } from './config-options.ts';
import { Engine } from './engine.ts';
import { createLog } from './ops/log.ts';
import type { ToParent } from './supervising-parent.ts';

/**
 * Runs until a signal asks to stop, or until the parent is gone. Resolves with the exit code.
 *
 * @throws TickwireError when the engine cannot start
 */
export async function runEngine(config: Config, cwd: string, print: (line: string) => void): Promise<number> {
  const log = createLog(config.logLevel, config.logFormat);
  const engine = new Engine({
    config,
    cwd,
    log,
    onFatal: (code, message) => {
      log.fatal({ code }, message);
      // An exit would run destructors under a thread that holds native handles, and abort; this at least is quick.
      process.kill(process.pid, 'SIGKILL');
    },
  });
  const asked = new Promise<string>((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'));
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('disconnect', () => resolve('the supervising process is gone'));
  });
  const { url, demoKey } = await engine.start();
  print(`Tickwire is running. Open ${url}`);
  if (demoKey !== null) print(`Demo key: ${demoKey}`);
  const started: ToParent = { type: 'started' };
  process.send?.(started);

  const reason = await asked;
  log.info({ reason }, 'stopping');
  const deadline = setTimeout(() => {
    log.fatal({ code: 'STOP_TIMEOUT' }, `the engine did not stop within ${config.stopTimeoutMs} ms`);
    process.kill(process.pid, 'SIGKILL');
  }, config.stopTimeoutMs);
  await engine.stop();
  clearTimeout(deadline);
  if (process.connected) process.disconnect();
  return 0;
}

/** A Node process that does nothing: what a runtime takes by itself. */
import { spawn } from 'node:child_process';
import { childEnvironment } from './child-environment.ts';
import type { Cleanup } from './cleanup.ts';
import { readProcessUsage } from './process-usage.ts';
import { until } from './until.ts';

/** Ends with its parent, also when that is killed. */
const IDLE_PROGRAM =
  'process.on("disconnect", () => process.exit()); process.send("up"); setInterval(() => {}, 2 ** 30);';

/**
 * Starts one with the flags of this process, and ends it.
 *
 * @returns its resident memory in MiB, null where the system does not tell
 */
export async function idleNodeMiB(cleanup: Cleanup): Promise<number | null> {
  const child = spawn(process.execPath, [...process.execArgv, '-e', IDLE_PROGRAM], {
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  cleanup.add(() => void child.kill());
  let isUp = false;
  child.once('message', () => {
    isUp = true;
  });
  await until('an idle Node to come up', () => (isUp ? true : null));
  const usage = readProcessUsage(child.pid ?? 0);
  child.kill();
  return usage?.rssMiB ?? null;
}

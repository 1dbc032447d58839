/** A process that a test starts ends with it, also when the test's own process is killed and none of its hooks runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { UntilTheEnd } from './temporary-directory.ts';

/** Its input ends with the process that has the other end of it, however that ends. A line says that there is nothing to kill. */
const GUARD = 'read -r line || kill -9 "$1"';

/** Kills a process by SIGKILL at the end of the test at the latest. */
export function endWithTest(t: UntilTheEnd, child: ChildProcess): void {
  t.after(() => child.kill('SIGKILL'));
  // In a process group of its own: a signal to the test's whole group must not end it first.
  const guard = spawn('sh', ['-c', GUARD, 'sh', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  child.once('exit', () => guard.stdin.end('\n'));
}

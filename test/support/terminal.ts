/** A shell and all that it starts, which ends with the test at the latest. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import type { UntilTheEnd } from './temporary-directory.ts';
import { missingOf } from './tutorial.ts';
import { until } from './until.ts';

/** Of a machine that is busy with other tests. */
const STEP_TIMEOUT_MS = 40_000;

export class Terminal {
  readonly child: ChildProcess;
  /** What both streams have brought until now. */
  output = '';

  /** @param env the whole environment of the shell */
  constructor(context: UntilTheEnd, script: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.child = spawn('bash', ['-o', 'pipefail', '-ec', script], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    context.after(() => this.signal('SIGKILL'));
  }

  /** As Ctrl-C does it: to everything that runs here. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, signal);
    } catch {
      // Nobody is left.
    }
  }

  end(): Promise<number | NodeJS.Signals> {
    return until('the end', () => this.child.exitCode ?? this.child.signalCode, STEP_TIMEOUT_MS);
  }

  /** Waits for all of it, in this order. */
  async prints(expected: readonly RegExp[]): Promise<void> {
    const ended = () => this.child.exitCode !== null || this.child.signalCode !== null;
    const isDone = () => missingOf(this.output, expected).length === 0 || ended();
    await until('what it prints', isDone, STEP_TIMEOUT_MS).catch(() => {});
    assert.deepEqual(missingOf(this.output, expected), [], this.output);
  }
}

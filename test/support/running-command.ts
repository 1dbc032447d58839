/** A command that runs until it is told to stop, in a process of its own: on a terminal, or without one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { endWithTest } from './end-with-test.ts';
import { CLI } from './run-cli.ts';

export interface RunningCommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Gives it a terminal of 100 columns and 40 rows, by util-linux's `script`. */
  readonly terminal?: boolean;
}

export class RunningCommand {
  readonly child: ChildProcess;
  /** What it has written so far; on a terminal both outputs are one. */
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(t: Pick<TestContext, 'after'>, args: readonly string[], options: RunningCommandOptions) {
    const { cwd, env = {}, terminal = false } = options;
    const line = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(' ');
    const [file, argv] = terminal
      ? ['script', ['-qfec', `stty cols 100 rows 40; exec ${line}`, '/dev/null']]
      : [process.execPath, [CLI, ...args]];
    // An engine of the developer's own must not be found by its options.
    const own = { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', TZ: 'UTC', ...env };
    this.child = spawn(file, argv, { cwd, env: own, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
    endWithTest(t, this.child);
  }

  /** What it shows now, on a terminal: the text behind the latest move to the first line, without what styles it. */
  get screen(): string {
    return this.stdout.slice(this.stdout.lastIndexOf('\u001b[H') + 3);
  }
}

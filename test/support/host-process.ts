/** A host of a system that is spread over several: one command in a process of its own, without a parent that starts it again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { endWithTest } from './end-with-test.ts';
import type { Handles } from './open-handles.ts';
import { CLI } from './run-cli.ts';
import type { UntilTheEnd } from './temporary-directory.ts';
import { until } from './until.ts';

const START_TIMEOUT_MS = 20_000;

export class HostProcess {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(args: readonly string[], cwd: string) {
    this.#child = spawn(process.execPath, [CLI, ...args, '--no-supervise'], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  /** Starts a command and waits until it says that it runs; it is killed after the test, whatever happens. */
  static async start(t: UntilTheEnd, args: readonly string[], cwd: string): Promise<HostProcess> {
    const host = new HostProcess(args, cwd);
    endWithTest(t, host.#child);
    t.after(() => host.kill());
    await until(
      `the start of ${args[0]}`,
      () => {
        if (!host.isRunning) throw new Error(`${args.join(' ')} ended at its start:\n${host.output}`);
        return /^Tickwire \w+ /m.test(host.output);
      },
      START_TIMEOUT_MS,
    );
    return host;
  }

  /** All that it printed. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** @returns its exit code, null after a signal that it did not survive */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.isRunning) {
      const exit = once(this.#child, 'exit');
      this.#child.kill(signal);
      await exit;
    }
    return this.#child.exitCode;
  }

  /** Stands still, with open sockets, until it is let go on. */
  standStill(stands: boolean): void {
    this.#child.kill(stands ? 'SIGSTOP' : 'SIGCONT');
  }

  rssBytes(): number {
    const [, kib] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')) ?? [];
    return Number(kib) * 1024;
  }

  /** Its open file descriptors, by kind: sockets and pipes without their numbers, files by path. */
  descriptors(): Handles {
    const directory = `/proc/${this.#child.pid}/fd`;
    const counts: Record<string, number> = {};
    for (const descriptor of readdirSync(directory)) {
      try {
        const kind = readlinkSync(`${directory}/${descriptor}`).replace(/:\[\d+\]$/, '');
        counts[kind] = (counts[kind] ?? 0) + 1;
      } catch {
        // Closed since the directory was read.
      }
    }
    return counts;
  }
}

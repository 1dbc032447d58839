/** The command `start` as a user runs it: a process of its own in a directory of its own, with its children. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { adjacentPorts } from './adjacent-ports.ts';
import { endWithTest } from './end-with-test.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { TestClient, type TestClientOptions } from './test-client.ts';
import { tickSourceFlags } from './tick-source-flags.ts';
import { until } from './until.ts';

/** Of a process on a machine that is busy with many others. */
const START_TIMEOUT_MS = 40_000;
const CLI = new URL('../../src/main/index.ts', import.meta.url).pathname;

/** Whether a process runs. One that has ended and that nobody has asked for yet does not. */
export function isAlive(pid: number): boolean {
  const state = ps('-o', 'state=', '-p', String(pid));
  return state !== '' && !state.startsWith('Z');
}

/** Processes whose parent is `pid`. */
function childrenOf(pid: number): number[] {
  return ps('-o', 'pid=', '--ppid', String(pid)).split('\n').filter(Boolean).map(Number);
}

function ps(...args: string[]): string {
  try {
    return execFileSync('ps', args, { encoding: 'utf8' }).trim();
  } catch {
    return ''; // it ends with 1 when there is no such process
  }
}

export class CliProcess {
  readonly child: ChildProcess;
  readonly port: number;
  output = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  private constructor(cwd: string, port: number, flags: readonly string[], words: readonly string[]) {
    const argv = [...words, '--ops-port=none', `--websocket-port=${port}`, ...flags];
    this.port = port;
    this.child = spawn(process.execPath, [CLI, ...argv], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exited = once(this.child, 'exit').then(([code, signal]) => ({ code, signal }));
  }

  /** Starts the command, in an empty directory unless one is given; it and what it started is killed after the test, whatever happens. */
  static async spawn(
    t: TestContext,
    flags: readonly string[] = [],
    port?: number,
    cwd = temporaryDirectory(t),
    words: readonly string[] = ['start'],
  ): Promise<CliProcess> {
    const source = await tickSourceFlags(cwd);
    const cli = new CliProcess(cwd, port ?? (await adjacentPorts()), [...source, ...flags], words);
    t.after(async () => {
      const pids = [cli.child.pid!, ...childrenOf(cli.child.pid!)];
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      await until('the end of every process', () => pids.every((pid) => !isAlive(pid)));
    });
    // Behind that one, which looks for its children while they have a parent. Without it they end by themselves.
    endWithTest(t, cli.child);
    return cli;
  }

  /** Pid of the engine's process under its supervising parent. */
  engine(): Promise<number> {
    return until('the engine process', () => childrenOf(this.child.pid!)[0]);
  }

  /** The demo key, printed when the engine runs. */
  async untilRunning(): Promise<string> {
    return until('the demo key', () => /^Demo key: (\w+)$/m.exec(this.output)?.[1], START_TIMEOUT_MS);
  }

  /** A client as soon as one can connect. */
  client(key: string, options: TestClientOptions = {}): Promise<TestClient> {
    return until('a connection', () =>
      TestClient.connect(`ws://127.0.0.1:${this.port}`, key, options).catch(() => null),
    );
  }

  /** Sends a signal to the supervising parent. @returns how it ended, and after how many ms */
  async signal(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }> {
    const from = performance.now();
    this.child.kill(signal);
    const { code } = await this.exited;
    return { code, ms: performance.now() - from };
  }
}

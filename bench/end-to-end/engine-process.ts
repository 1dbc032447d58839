/** The engine, or one of its two halves, as its users start it: a process of its own, on a directory that is thrown away. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { childEnvironment } from '../harness/child-environment.ts';
import { type ProcessUsage, readProcessUsage } from '../harness/process-usage.ts';
import { readThreadUsage, type ThreadUsage } from '../harness/thread-usage.ts';
import { until } from '../harness/until.ts';
import type { ServerProcess } from './contender.ts';

const SOURCE_ENTRY = resolve(import.meta.dirname, '../../src/main/index.ts');
const KILL_AFTER_MS = 8000;

/** How Node runs it. */
export interface NodeLaunch {
  /** Before the program. */
  readonly nodeFlags?: readonly string[];
  /** The program, if it is not the one in this repository's sources. */
  readonly entry?: string;
}

export interface EngineProcessOptions extends NodeLaunch {
  /** `start` is a whole engine, `feed` one without clients, `proxy` one without a broker. */
  readonly command: 'start' | 'feed' | 'proxy';
  readonly directory: string;
  readonly flags: readonly string[];
}

export class EngineProcess implements ServerProcess {
  readonly #command: EngineProcessOptions['command'];
  readonly #child: ChildProcess;
  #output = '';

  constructor({ command, directory, flags, nodeFlags = [], entry = SOURCE_ENTRY }: EngineProcessOptions) {
    this.#command = command;
    const args = [
      command,
      '--no-supervise',
      '--ops-port=none',
      '--log-level=warn',
      '--log-format=json',
      ...flags,
    ];
    // Not the caller's environment: its settings would be the engine's. With the channel it ends when this process does.
    this.#child = spawn(process.execPath, [...process.execArgv, ...nodeFlags, entry, ...args], {
      cwd: directory,
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  /** Everything that it printed. */
  get output(): string {
    return this.#output;
  }

  /** Where its clients connect, `ws://…`. @throws Error with what it printed when it does not come up */
  url(): Promise<string> {
    return this.#printed(/(?:Clients connect to|Tickwire serves clients at) (wss?:\S+)/);
  }

  /** The key that it made for its demo. @throws Error with what it printed when it does not come up */
  apiKey(): Promise<string> {
    return this.#printed(/Demo key: (\S+)/);
  }

  #printed(pattern: RegExp): Promise<string> {
    return until(`tickwire ${this.#command} to come up`, () => {
      if (this.#child.exitCode !== null) throw new Error(`it ended at its start:\n${this.#output}`);
      return pattern.exec(this.#output)?.[1] ?? null;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  usage(): ProcessUsage | null {
    return readProcessUsage(this.pid);
  }

  threads(): ReadonlyMap<number, ThreadUsage> | null {
    return readThreadUsage(this.pid);
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    this.#child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
}

/** A program of examples/ as a user runs it, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { endWithTest } from './end-with-test.ts';
import { until } from './until.ts';

const root = new URL('../../', import.meta.url).pathname;

export class ExampleProcess {
  output = '';
  errors = '';
  readonly #child: ChildProcess;

  /** @param command with the path of the program from the root of the project */
  constructor(
    t: Pick<TestContext, 'after'>,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    const [program, ...args] = command;
    this.#child = spawn(program!, args, { cwd: root, env: { ...process.env, ...env } });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    endWithTest(t, this.#child);
  }

  get lines(): string[] {
    return this.output.split('\n').slice(0, -1);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for its end. @returns the exit code */
  async ended(): Promise<number | null> {
    await until(
      `the end of ${this.#child.spawnargs.join(' ')}: ${this.errors}`,
      () => this.#child.exitCode !== null,
    );
    return this.#child.exitCode;
  }
}

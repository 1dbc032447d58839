/** The examples of examples/ that read the bus, each as a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { until } from './until.ts';

/** Debian's, which has the packages that `.ci/run` installs; `python3` may be another one. */
const PYTHON = '/usr/bin/python3';
const example = (name: string) => new URL(`../../examples/${name}`, import.meta.url).pathname;

/** Command and arguments by language. Python writes no lines late and no compiled files. */
const COMMANDS = {
  TypeScript: [process.execPath, example('bus-subscriber.ts')],
  Python: [PYTHON, '-uB', example('python/bus_subscriber.py')],
} as const;
export type ExampleLanguage = keyof typeof COMMANDS;
export const EXAMPLE_LANGUAGES = Object.keys(COMMANDS) as ExampleLanguage[];

/** Why the example of a language cannot run on this machine; false if it can. */
export function cannotRun(language: ExampleLanguage): string | false {
  if (language !== 'Python' || spawnSync(PYTHON, ['-c', 'import zmq, flatbuffers']).status === 0)
    return false;
  return `${PYTHON} lacks zmq or flatbuffers: apt-get install python3-zmq python3-flatbuffers`;
}

export class BusExample {
  output = '';
  errors = '';
  readonly #process: ReturnType<typeof spawn>;

  constructor(
    t: TestContext,
    language: ExampleLanguage,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    const [command, ...first] = COMMANDS[language];
    this.#process = spawn(command!, [...first, ...args], { env: { ...process.env, ...env } });
    this.#process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    t.after(() => this.#process.kill('SIGKILL'));
  }

  get lines(): string[] {
    return this.output.trimEnd().split('\n');
  }

  async untilPrinted(text: string | RegExp): Promise<void> {
    await until(`${text} from the example`, () => {
      if (this.#process.exitCode !== null && this.errors !== '') throw new Error(this.errors);
      return this.lines.some((line) => (typeof text === 'string' ? line === text : text.test(line)));
    });
  }

  /** Waits for its end. @returns the exit code */
  async ended(): Promise<number | null> {
    await until('the end of the example', () => this.#process.exitCode !== null);
    return this.#process.exitCode;
  }
}

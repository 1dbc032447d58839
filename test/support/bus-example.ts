/** The examples of examples/ that read the bus, each as a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { BusDocument } from './bus-document.ts';
import { endWithTest } from './end-with-test.ts';
import { until } from './until.ts';

/** Debian's, which has the packages that `.ci/run` installs; `python3` may be another one. */
const PYTHON = '/usr/bin/python3';
const root = new URL('../../', import.meta.url).pathname;

/** What BUS.md calls the interpreter of each language, and what it is here. Python writes no lines late and no compiled files. */
const INTERPRETERS = {
  TypeScript: { word: 'node', command: [process.execPath] },
  Python: { word: 'python3', command: [PYTHON, '-uB'] },
} as const;
export type ExampleLanguage = keyof typeof INTERPRETERS;
export const EXAMPLE_LANGUAGES = Object.keys(INTERPRETERS) as ExampleLanguage[];

/** Why the example of a language cannot run on this machine; false if it can. */
export function cannotRun(language: ExampleLanguage): string | false {
  if (language !== 'Python' || spawnSync(PYTHON, ['-c', 'import zmq, flatbuffers']).status === 0)
    return false;
  return `${PYTHON} lacks zmq or flatbuffers: apt-get install python3-zmq python3-flatbuffers`;
}

/**
 * The nth command of BUS.md that runs the example of a language, with values in place of those that it leaves open.
 *
 * @param values by the name of an environment variable, or by a flag
 */
export function exampleCommand(
  language: ExampleLanguage,
  nth: number,
  values: Readonly<Record<string, string>>,
): { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const { word, command } = INTERPRETERS[language];
  const commands = new BusDocument().messages('command').map((text) => text.split(' '));
  const words = commands.filter((each) => each.includes(word))[nth] ?? [];
  const start = words.indexOf(word);
  const env = Object.fromEntries(
    words.slice(0, start).map((assignment) => {
      const name = assignment.replace(/=.*/, '');
      return [name, values[name] ?? ''];
    }),
  );
  const args = words.slice(start + 1).map((arg, i, all) => values[all[i - 1] ?? ''] ?? arg);
  return { command: [...command, `${root}${args[0]}`, ...args.slice(1)], env };
}

export class BusExample {
  output = '';
  errors = '';
  readonly #process: ReturnType<typeof spawn>;

  constructor(
    t: TestContext,
    { command: [command, ...first], env }: ReturnType<typeof exampleCommand>,
    ...more: readonly string[]
  ) {
    this.#process = spawn(command!, [...first, ...more], { env: { ...process.env, ...env } });
    this.#process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    endWithTest(t, this.#process);
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

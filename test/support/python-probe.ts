/** The client in Python in a process of its own, and what it prints: `test/support/python/client_probe.py`. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { endWithTest } from './end-with-test.ts';

/** Debian's, which has the packages that `.ci/run` installs; `python3` may be another one. */
export const PYTHON = '/usr/bin/python3';
export const PYTHON_CLIENTS = new URL('../../clients/python', import.meta.url).pathname;
const PROBE = new URL('python/client_probe.py', import.meta.url).pathname;

/** Why clients in Python cannot run on this machine; false if they can. */
export function cannotRunPython(): string | false {
  if (spawnSync(PYTHON, ['-c', 'import websocket, msgpack']).status === 0) return false;
  return `${PYTHON} lacks websocket or msgpack: apt-get install python3-websocket python3-msgpack`;
}

interface Said {
  readonly kind: string;
  readonly value: unknown;
}

export class PythonProbe {
  readonly said: Said[] = [];
  errors = '';
  exitCode: number | null = null;
  readonly #process: ChildProcessWithoutNullStreams;

  constructor(t: Pick<TestContext, 'after'>, ...args: readonly string[]) {
    const env = { ...process.env, PYTHONPATH: PYTHON_CLIENTS };
    const child = spawn(PYTHON, ['-uB', PROBE, ...args], { env });
    this.#process = child;
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.said.push(JSON.parse(line) as Said);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    child.on('exit', (code) => {
      this.exitCode = code;
    });
    endWithTest(t, child);
  }

  of<T = Readonly<Record<string, unknown>>>(kind: string): T[] {
    return this.said.filter((each) => each.kind === kind).map(({ value }) => value as T);
  }

  events(type: string): Readonly<Record<string, unknown>>[] {
    return this.of('event').filter((event) => event.type === type);
  }

  /** It says why its latest value is old, null if it is not. */
  askStaleness(): void {
    this.#process.stdin.write('\n');
  }

  end(): void {
    this.#process.stdin.end();
  }
}

/** A command that ends by itself, as a user runs it: a process of its own, without a terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export const CLI = new URL('../../src/main/index.ts', import.meta.url).pathname;

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunCliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Most files that the process may open; as this one's where it is left out. */
  readonly openFiles?: number;
}

/** @param args command and arguments */
export async function runCli(
  args: readonly string[],
  { cwd, env = {}, openFiles }: RunCliOptions,
): Promise<CliResult> {
  const command = [process.execPath, CLI, ...args];
  const limited =
    openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command];
  const child = spawn(limited[0]!, limited.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

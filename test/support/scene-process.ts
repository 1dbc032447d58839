/** A scene in a process of its own: with an environment of its own, or with memory that nobody else uses. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

export type Cleanup = () => unknown;

/** In the process: runs a scene, cleans up behind it, and prints what it gave, or its error. */
export async function playScene<T>(scene: (t: Pick<TestContext, 'after'>) => Promise<T>): Promise<void> {
  const cleanups: Cleanup[] = [];
  // Typed for hooks of every kind; those of scenes take no arguments.
  const after: TestContext['after'] = (hook) => void (hook && cleanups.unshift(hook as Cleanup));
  let result: T | undefined;
  try {
    result = await scene({ after });
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  for (const cleanup of cleanups) await cleanup();
  if (result !== undefined) console.log(JSON.stringify(result));
}

/**
 * Runs a module that plays a scene.
 *
 * @param t kills the process after the test, whatever happens
 * @returns what the scene gave; rejects with what it printed when it failed
 */
export async function runScene(
  t: Pick<TestContext, 'after'>,
  module: string,
  {
    execArgv = [],
    env = {},
  }: { readonly execArgv?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<unknown> {
  const script = new URL(module, import.meta.url).pathname;
  const child = spawn(process.execPath, [...execArgv, script], {
    // Its tests are no part of the run that this test belongs to.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let [printed, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${module} ended with ${code ?? signal}:\n${errors}${printed}`);
  return JSON.parse(printed);
}

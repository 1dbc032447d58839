/**
 * Programs in processes of their own, called like functions: one message for a call, one for its answer. A program ends
 * when its parent lets go of it, also when the parent was killed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';

/** What a program can be asked; each handler takes one argument that survives a message. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

const KILL_AFTER_MS = 3000;

/** The child's side: answers calls until the parent is gone. */
export function serveParent(handlers: Handlers): void {
  const answer = (message: Answer) => void process.send?.(message);
  process.on('message', async ({ id, name, argument }: Call) => {
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new Error(`no handler ${name}`);
      answer({ id, result: await handler(argument as never) });
    } catch (error) {
      answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
  // An interrupt reaches the whole process group: the parent cleans up in order, and this program ends with it.
  process.on('SIGINT', () => undefined);
}

/** The parent's side of one program. */
export class ChildProgram<H extends Handlers> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #lastId = 0;

  /** @param script absolute path of a module that calls `serveParent` */
  constructor(script: string) {
    this.#child = fork(script, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', ({ id, result, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.#child.on('exit', (code, signal) => {
      const error = new Error(`${basename(script)} ended with ${signal ?? `code ${code}`}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Error whatever the handler threw, or that the program ended */
  call<K extends keyof H & string>(
    name: K,
    argument: Parameters<H[K]>[0],
  ): Promise<Awaited<ReturnType<H[K]>>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        resolve: (result) => resolve(result as Awaited<ReturnType<H[K]>>),
        reject,
      });
      const call: Call = { id, name, argument };
      this.#child.send(call, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    if (this.#child.connected) this.#child.disconnect();
    await ended;
    clearTimeout(timer);
  }
}

/** Questions on the terminal. A secret is not shown while it is typed. */
import { createInterface } from 'node:readline/promises';
import { type Readable, Writable } from 'node:stream';
import { TickwireError } from '../errors.ts';

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

/**
 * Asks one question and waits for the line.
 *
 * @throws TickwireError LOGIN_INPUT_MISSING when the answer is Ctrl-C, or the input ends
 */
export async function ask(terminal: Terminal, question: string, isSecret: boolean): Promise<string> {
  const { input, output } = terminal;
  // What is typed is echoed by readline, so a secret is echoed nowhere.
  const echo = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : output;
  const line = createInterface({ input, output: echo, terminal: true });
  const stop = new AbortController();
  line.once('SIGINT', () => stop.abort());
  line.once('close', () => stop.abort());
  try {
    const answer = line.question(`${question}: `, { signal: stop.signal });
    // Not before: a terminal that readline has not taken over shows what is typed, and a line without a question is lost.
    if (isSecret) output.write(`${question}: `);
    return (await answer).trim();
  } catch (cause) {
    throw new TickwireError('LOGIN_INPUT_MISSING', `${question}: there was no answer.`, { cause });
  } finally {
    line.close();
    if (isSecret) output.write('\n');
  }
}

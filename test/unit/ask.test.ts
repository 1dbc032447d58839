/** Questions on a terminal: what is typed into the answer of a secret is seen by nobody, however fast it is typed. */
import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { ask } from '../../src/main/login/ask.ts';

/** A terminal that shows what is typed by itself until somebody takes it over, as the kernel does. */
class EchoingTerminal {
  shown = '';
  #isTakenOver = false;
  readonly output = new Writable({
    write: (chunk, _encoding, done) => {
      this.shown += chunk;
      if (String(chunk).includes('PIN: ')) this.#type('0821\r');
      done();
    },
  });
  readonly input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => {
      this.#isTakenOver = isRaw;
    },
  });

  #type(text: string): void {
    if (!this.#isTakenOver) this.shown += text;
    this.input.write(text);
  }
}

test('a secret typed in the instant in which its question appears is not shown', async () => {
  const terminal = new EchoingTerminal();
  assert.equal(await ask(terminal, 'PIN', true), '0821');
  assert.equal(terminal.shown, 'PIN: \n');
});

test('an answer that is no secret is shown, once', async () => {
  const terminal = new EchoingTerminal();
  assert.equal(await ask(terminal, 'The PIN', false), '0821');
  assert.equal(terminal.shown.split('0821').length - 1, 1);
});

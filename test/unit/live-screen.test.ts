import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { LiveScreen } from '../../src/main/tail/live-screen.ts';

/** A terminal of that size. @returns it, and what is written to it */
function terminal(columns: number, rows: number) {
  const output = Object.assign(new PassThrough(), { columns, rows });
  let text = '';
  output.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return { output, written: () => text };
}

test('what does not fit is named at the bottom, a long line is cut, and the terminal is given back once', async () => {
  const { output, written } = terminal(10, 3);
  const screen = new LiveScreen(output);
  screen.draw(['one', 'a line that is long', 'three', 'four', 'five']);
  screen.close();
  screen.close();
  output.end();
  await new Promise((resolve) => output.once('close', resolve));
  const [enter, leave] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
  const lines = ['one', 'a line th…', '… 3 more …'].map((line) => `${line}\u001b[K`).join('\r\n');
  assert.equal(written(), `${enter}\u001b[H${lines}\u001b[J${leave}`);
});

/** The parent process where the engine's process cannot even be started. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { superviseProcess } from '../../src/main/supervising-parent.ts';

test('a process that cannot be started is said, and does not end the parent by an error of its own', async (t) => {
  const { execPath } = process;
  t.after(() => {
    process.execPath = execPath;
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  });
  process.execPath = join(import.meta.dirname, 'no-such-program');
  const lines: string[] = [];
  assert.equal(await superviseProcess('engine.ts', [], 100, (line) => lines.push(line)), 1);
  assert.match(lines.join(), /ENOENT/);
});

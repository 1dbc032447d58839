/** What tests start does not stay behind them: a client that connects again and again would do so for ever. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isAlive } from '../support/cli-process.ts';
import { until } from '../support/until.ts';

const SUPPORT = new URL('../support/example-process.ts', import.meta.url).href;
/** Says its pid, and stays. */
const STAYS = 'console.log(process.pid); setInterval(() => {}, 1000)';
/** As a test whose process is killed: its hooks never run. It hands on what its process says. */
const STARTS = `
  import { ExampleProcess } from '${SUPPORT}';
  const own = new ExampleProcess({ after() {} }, [process.execPath, '-e', ${JSON.stringify(STAYS)}], {});
  const waiting = setInterval(() => {
    if (!own.output.endsWith('\\n')) return;
    process.stdout.write(own.output);
    clearInterval(waiting);
  }, 5);`;

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a process that a test started ends when the test's own process ends by ${signal}`, async (t) => {
    const own = spawn(process.execPath, ['--input-type=module', '-e', STARTS], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => own.kill('SIGKILL'));
    let said = '';
    own.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await until('the process that it starts', () => said.endsWith('\n'));
    const pid = Number(said);
    t.after(() => void (isAlive(pid) && process.kill(pid, 'SIGKILL')));
    assert.ok(isAlive(pid));
    own.kill(signal);
    await once(own, 'exit');
    await until('its end', () => !isAlive(pid));
  });
}

/** A system that lets the engine open few files: whoever opens connections takes none of those that it needs itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { test } from 'node:test';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { endWithTest } from '../support/end-with-test.ts';
import { CLI } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const OPEN_FILES = 300;
const STRANGERS = 400;
/** Some seconds of an instrument, in which each thread tells how it is more than once. */
const TICKS = 20;

test('a stranger with more connections than there are open files costs clients nothing', async (t) => {
  const cwd = temporaryDirectory(t);
  const port = await adjacentPorts();
  const flags = [
    '--no-supervise',
    '--ops-port=none',
    `--websocket-port=${port}`,
    `--bus-endpoint=ipc://${cwd}/bus`,
  ];
  const limited = [`ulimit -n ${OPEN_FILES} && exec "$0" "$@"`, process.execPath, CLI, 'start', ...flags];
  const engine = spawn('sh', ['-c', ...limited], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  endWithTest(t, engine);
  let output = '';
  for (const stream of [engine.stdout, engine.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const key = await until('the demo key', () => /^Demo key: (\w+)$/m.exec(output)?.[1]);
  assert.match(output, /lets this process open fewer files/);
  const client = await TestClient.connect(`ws://127.0.0.1:${port}`, key);
  t.after(() => client.terminate());
  await client.subscribe('NSE', 'RELIANCE');
  let gone = 0;
  const strangers = Array.from({ length: STRANGERS }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => {})
      .on('close', () => gone++),
  );
  t.after(() => {
    for (const socket of strangers) socket.destroy();
  });
  await until('most of them to be sent away', () => gone > STRANGERS / 2);
  const before = client.ticks().length;
  await until('ticks', () => client.closed !== null || client.ticks().length >= before + TICKS);
  assert.equal(client.closed, null);
  assert.equal(engine.exitCode, null);
  assert.doesNotMatch(output, /starting it again|EMFILE/);
});

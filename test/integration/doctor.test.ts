/** `tickwire doctor` as an operator runs it before the market opens: a process beside an engine, or before one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { runDoctor } from '../support/doctor-run.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('an empty directory is go, and the doctor leaves it empty', async (t) => {
  const cwd = temporaryDirectory(t);
  const { code, verdict, of } = await runDoctor(['--websocket-port=0', '--bus-endpoint=inproc://bus'], {
    cwd,
  });
  assert.deepEqual([code, verdict], [0, 'go']);
  assert.match(of('database')[0]?.found ?? '', /is not there yet: the first start makes it/);
  assert.deepEqual(readdirSync(cwd), []);
});

test('a port that another program holds is no-go, with who it is and the option that moves it', async (t) => {
  const port = await takenPort(t);
  const { code, of } = await runDoctor([`--websocket-port=${port}`, '--bus-endpoint=inproc://bus'], {
    cwd: temporaryDirectory(t),
  });
  assert.equal(code, 1);
  const [finding] = of('ports');
  assert.equal(finding?.verdict, 'no-go');
  assert.ok(finding.found.includes(`(process ${process.pid}) listens there`), finding.found);
  assert.match(finding.advice ?? '', /End that program .* or set WEBSOCKET_PORT to a free one/);
});

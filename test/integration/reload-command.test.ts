/** An engine that reads its configuration again while it runs: what it says of it, and that nothing ends by it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { CliProcess, isAlive } from '../support/cli-process.ts';
import { endWithTest } from '../support/end-with-test.ts';
import { HostProcess } from '../support/host-process.ts';
import { CLI, runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const SYMBOLS = ['RELIANCE', 'TCS'].map((symbol) => ({ symbol, exchange: 'NSE' }));

test('tickwire reload and SIGHUP change limits of clients that are connected, and end nobody', async (t) => {
  const cwd = temporaryDirectory(t);
  const write = (...lines: readonly string[]) => writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
  const reload = (...flags: readonly string[]) => runCli(['reload', ...flags], { cwd });
  write('TICKWIRE_MAX_BATCH=1', 'TICKWIRE_RING_BYTES=65536');
  const cli = await CliProcess.spawn(t, ['--proxy-workers=2', '--log-format=json'], undefined, cwd);
  const key = await cli.untilRunning();
  await until('the control socket', () => existsSync(join(cwd, 'db/tickwire.sock')));
  const engine = await cli.engine();
  // Both proxy workers have some of so many.
  const clients = await Promise.all(Array.from({ length: 8 }, () => cli.client(key)));
  const codes = async () => {
    const answers = await Promise.all(
      clients.map((each) => each.ask({ action: 'subscribe', symbols: SYMBOLS, mode: 1 })),
    );
    return [...new Set(answers.map(({ message }) => message.code ?? message.status))];
  };
  assert.deepEqual(await codes(), ['BATCH_TOO_LARGE']);

  await t.test('whoever asks for the dashboard of an engine that has none is told so', async () => {
    assert.match(cli.output, /^Tickwire is running\.$/m);
    const { code, stderr } = await runCli(['dashboard'], { cwd });
    assert.notEqual(code, 0);
    assert.match(stderr, /NO_DASHBOARD: it was started without one \(TICKWIRE_OPS_PORT=none\)/);
  });

  await t.test('what has changed is told, and is in force when it is told', async () => {
    assert.deepEqual(await reload(), { code: 0, stdout: 'Nothing has changed.\n', stderr: '' });
    write('TICKWIRE_MAX_BATCH=2', 'TICKWIRE_RING_BYTES=131072', 'TICKWIRE_DRAIN_TIMEOUT=1');
    const { stdout } = await reload();
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'In force now: TICKWIRE_MAX_BATCH: 1 symbols → 2 symbols',
      'In force now: TICKWIRE_DRAIN_TIMEOUT: 2 s → 1 s',
      'Needs a restart: TICKWIRE_RING_BYTES: 65536 bytes → 131072 bytes',
    ]);
    assert.deepEqual(await codes(), ['success']);
    const again = JSON.parse((await reload('--json')).stdout);
    const needRestart = [{ name: 'TICKWIRE_RING_BYTES', from: '65536 bytes', to: '131072 bytes' }];
    assert.deepEqual(again, { reloaded: [], needRestart });
  });

  await t.test('an invalid value changes nothing at all, and is told as at the start', async () => {
    // Only the engine finds this one: the command has other flags.
    write('TICKWIRE_MAX_BATCH=1', 'TICKWIRE_TLS_CERT=none.crt');
    const { code, stderr } = await reload();
    assert.equal(code, 78);
    assert.match(
      stderr,
      /^tickwire: CONFIG_INVALID: TICKWIRE_TLS_CERT is set, but TICKWIRE_TLS_KEY is not: /,
    );
    write('TICKWIRE_MAX_BATCH=1', 'TICKWIRE_DRAIN_TIMEOUT=soon');
    const invalid = await reload();
    assert.equal(invalid.code, 78);
    // As an editor leaves it for an instant.
    writeFileSync(join(cwd, '.env'), '');
    const emptied = await reload();
    assert.equal(emptied.code, 78);
    assert.match(emptied.stderr, /^tickwire: CONFIG_INVALID: \.env is not there, or holds no option/);
    write('TICKWIRE_MAX_BATCH=1', 'TICKWIRE_DRAIN_TIMEOUT=soon');
    assert.match(
      invalid.stderr,
      /^tickwire: CONFIG_INVALID: TICKWIRE_DRAIN_TIMEOUT is "soon" \(from \.env\)/,
    );
    cli.child.kill('SIGHUP');
    const refused =
      /"code":"CONFIG_INVALID","reason":"TICKWIRE_DRAIN_TIMEOUT is \\"soon\\"[^\n]*nothing has changed/;
    await until('the refusal in the log', () => refused.test(cli.output));
    assert.deepEqual(await codes(), ['success']);
  });

  await t.test('SIGHUP reaches the engine through its parent, and with it workers and log', async () => {
    write('TICKWIRE_MAX_BATCH=1', 'LOG_LEVEL=error');
    cli.child.kill('SIGHUP');
    await until('the limit', async () => (await codes()).join() === 'BATCH_TOO_LARGE');
    const quiet = cli.output.length;
    write('TICKWIRE_MAX_BATCH=2', 'LOG_LEVEL=error');
    await reload();
    assert.deepEqual(await codes(), ['success']);
    assert.ok(!cli.output.slice(quiet).includes('the configuration was reloaded'));
    assert.ok(isAlive(engine) && clients.every(({ closed }) => closed === null));
  });

  await t.test('a stop goes by the times that are in force', async () => {
    write('TICKWIRE_DRAIN_TIMEOUT=3', 'TICKWIRE_DRAIN_SPREAD=0', 'TICKWIRE_STOP_TIMEOUT_MS=4321');
    await reload();
    const control = connect(join(cwd, 'db/tickwire.sock'));
    control.write('{"command": "drain"}\n');
    const [answer] = (await once(control, 'data')) as [Buffer];
    assert.equal(JSON.parse(String(answer).split('\n')[0]!).endsWithinMs, 7321);
    const reasons = await Promise.all(clients.map(async (each) => (await each.untilClosed()).reason));
    assert.deepEqual([...new Set(reasons)], ['going away; reconnect in 0 ms']);
    assert.equal((await cli.exited).code, 0);
  });
});

test('an engine in a terminal goes on after SIGHUP, and leaves in order when the terminal is closed', async (t) => {
  const cwd = temporaryDirectory(t);
  const port = await adjacentPorts();
  const bus = await adjacentPorts();
  const flags = [`--websocket-port=${port}`, `--bus-endpoint=tcp://127.0.0.1:${bus}`, '--ops-port=none'];
  const line = [process.execPath, CLI, 'start', ...flags].join(' ');
  // Gives the command a terminal of its own, which ends with it.
  const terminal = spawn('script', ['-qfec', line, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  // Without its terminal the engine leaves by itself.
  endWithTest(t, terminal);
  let output = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  // The file is there before anybody listens.
  const identify = async () => {
    const control = connect(join(cwd, 'db/tickwire.sock'));
    control.write('{"command": "identify"}\n');
    const [answer] = (await once(control, 'data')) as [Buffer];
    return Number(JSON.parse(String(answer)).pid);
  };
  const engine = await until('the control socket', () => identify().catch(() => null), 40_000);
  const parent = Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(engine)], { encoding: 'utf8' }));
  const pids = [parent, engine];
  t.after(() => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  for (const [i, pid] of pids.entries()) {
    process.kill(pid, 'SIGHUP');
    await until('the reload', () => output.split('the configuration was reloaded').length === i + 2);
  }
  assert.ok(pids.every(isAlive));
  terminal.kill('SIGKILL');
  await until('the end of both processes', () => !pids.some(isAlive));
  assert.ok(!existsSync(join(cwd, 'db/tickwire.sock')), 'what was not left in order stays behind');
});

test('a proxy on a host of its own reloads too, and refuses what it could not start with', async (t) => {
  const cwd = temporaryDirectory(t);
  const write = (...lines: readonly string[]) => writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
  const feeds = `TICKWIRE_FEEDS=tcp://127.0.0.1:${await adjacentPorts()}`;
  write(feeds);
  const flags = [`--websocket-port=${await adjacentPorts()}`, '--ops-port=none', '--log-format=json'];
  const host = await HostProcess.start(t, ['proxy', ...flags], cwd);
  await until('the control socket', () => existsSync(join(cwd, 'tickwire-proxy.sock')));
  write(feeds, 'TICKWIRE_MAX_CONNECTIONS=5');
  const { code, stdout } = await runCli(['reload'], { cwd });
  assert.deepEqual(
    [code, stdout],
    [0, 'In force now: TICKWIRE_MAX_CONNECTIONS: 10000 connections → 5 connections\n'],
  );
  await until(
    'the memory that the limits allow now',
    () => host.output.split('memoryBoundBytes').length === 3,
  );
  write('TICKWIRE_FEEDS=inproc://nobody');
  assert.equal((await runCli(['reload'], { cwd })).code, 78);
});

/** `tickwire doctor` as an operator runs it before the market opens: a process beside an engine, or before one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { makeCertificate } from '../../src/main/ops/self-signed-certificate.ts';
import { encodeEvent } from '../../src/workers/bus/bus-event.ts';
import { createTickPublisher } from '../../src/workers/bus/bus-sockets.ts';
import { releaseSocket } from '../../src/workers/bus/release-socket.ts';
import { CliProcess } from '../support/cli-process.ts';
import { type DoctorRun, runDoctor } from '../support/doctor-run.ts';
import { jwt, openAlgoScene, storeList, storeSession } from '../support/doctor-scene.ts';
import { copyEmbeddedDatabase } from '../support/embedded-database-copy.ts';
import { FakeSmartApi } from '../support/fake-smart-api.ts';
import { FERNET_SALT, PEPPER } from '../support/openalgo-database.ts';
import { runCli } from '../support/run-cli.ts';
import { RunningCommand } from '../support/running-command.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { writeTlsFiles } from '../support/tls-files.ts';
import { until } from '../support/until.ts';

const DAY_MS = 86_400_000;
/** A port that nobody listens on. */
const NOWHERE = 'ws://127.0.0.1:1';

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** There is a finding with that verdict, and it says what to do. */
function assertFound(run: DoctorRun, check: string, verdict: string, found: RegExp, advice: RegExp): void {
  const shown = JSON.stringify(run.of(check), null, 2);
  const finding = run.of(check).find((each) => found.test(each.found));
  assert.ok(finding !== undefined, `${check}: ${found}\n${shown}`);
  assert.equal(finding.verdict, verdict, shown);
  assert.match(finding.advice ?? '', advice, shown);
}

// A run measures for two seconds, in which it mostly waits.
describe('tickwire doctor', { concurrency: 3 }, () => {
  test('an empty directory is go, and the doctor leaves it empty', async (t) => {
    const cwd = temporaryDirectory(t);
    const run = await runDoctor(['--websocket-port=0', '--bus-endpoint=inproc://bus'], { cwd });
    assert.deepEqual([run.code, run.verdict], [0, 'go'], JSON.stringify(run.findings));
    assert.match(run.of('database')[0]?.found ?? '', /is not there yet: the first start makes it/);
    // What was measured went through real threads and sockets.
    assert.match(run.of('ring hop')[0]?.found ?? '', /4,500 ticks, p50 [\d,]+ µs/);
    assert.match(run.of('bus hop')[0]?.found ?? '', /over inproc: 360 ticks, p50 [\d,]+ µs/);
    assert.deepEqual(readdirSync(cwd), []);
  });

  test('a thread that does not leave is no-go, and does not keep the doctor', {
    skip: process.platform === 'win32' && 'needs a FIFO to hang on',
  }, async (t) => {
    const cwd = temporaryDirectory(t);
    const fifo = join(temporaryDirectory(t), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const preload = new URL('../support/thread-that-stays.mjs', import.meta.url);
    const env = { FIFO_WITHOUT_WRITER: fifo, NODE_OPTIONS: `--import=${preload}` };
    const args = ['doctor', '--websocket-port=0', '--bus-endpoint=inproc://bus'];
    const doctor = new RunningCommand(t, args, { cwd, env });
    await until('the end', () => doctor.child.exitCode !== null || doctor.child.signalCode !== null, 30_000);
    assert.notEqual(await doctor.ended, 0);
    assert.match(doctor.stdout, /self-load-reader did not leave within 5000 ms/);
    assert.match(doctor.stderr, /DOCTOR_NO_GO: .*\n$/);
  });

  test('beside a running demo the doctor says go, knows its ports, writes nothing, and clients go on to get ticks', async (t) => {
    const cwd = temporaryDirectory(t);
    copyEmbeddedDatabase(cwd);
    const cli = await CliProcess.spawn(t, [], undefined, cwd);
    const client = await cli.client(await cli.untilRunning());
    await client.subscribe('NSE', 'RELIANCE');
    const before = readFileSync(join(cwd, 'db/tickwire.db'));
    const changedAt = statSync(join(cwd, 'db/tickwire.db')).mtimeMs;
    const flags = cli.child.spawnargs.slice(3);
    const run = await runDoctor(flags, { cwd });
    const engine = await cli.engine();
    assert.deepEqual([run.code, run.verdict], [0, 'go'], JSON.stringify(run.findings));
    assert.match(run.of('engine')[0]?.found ?? '', new RegExp(`answers \\(process ${engine}\\)`));
    const held = run.of('ports').find(({ found }) => found.includes(`:${cli.port} for clients`));
    assert.match(
      held?.found ?? '',
      new RegExp(`is held by the engine that runs here \\(process ${engine}\\)`),
    );
    assert.deepEqual(readFileSync(join(cwd, 'db/tickwire.db')), before);
    assert.equal(statSync(join(cwd, 'db/tickwire.db')).mtimeMs, changedAt);
    const seen = client.ticks().length;
    await until('a further tick', () => client.ticks().length > seen);
    client.terminate();
  });

  test('a session and a list of today, a clock that agrees and a bus with keys are go, and no secret is printed', async (t) => {
    const api = await FakeSmartApi.start(t);
    const secret = '11'.repeat(32);
    const { cwd, db } = openAlgoScene(t, [
      `ANGEL_WS_URL=${api.url.replace('http', 'ws')}`,
      `TICKWIRE_CURVE_SECRET_KEY=${secret}`,
      'TICKWIRE_CURVE_ALLOWED=allowed',
    ]);
    writeFileSync(join(cwd, 'allowed'), `${'22'.repeat(32)}\n`);
    const token = jwt(Date.now() + 10 * DAY_MS);
    storeSession(db, token);
    storeList(db, 60_000, 0);
    const run = await runDoctor(['--bus-endpoint=ipc:///tmp/tickwire-doctor-test'], { cwd });
    assert.deepEqual([run.code, run.verdict], [0, 'go'], JSON.stringify(run.findings));
    assert.match(
      run.of('session')[0]?.found ?? '',
      /the session of alice at Angel One (is good until|ends) /,
    );
    assert.match(run.of('instruments')[0]?.found ?? '', /^60000 instruments of angel/);
    assert.match(
      run.of('clock')[0]?.found ?? '',
      /^agrees with 127\.0\.0\.1:\d+, as far as a time in whole seconds/,
    );
    assert.match(run.of('bus hop')[0]?.found ?? '', /over ipc with CURVE: 360 ticks/);
    const text = JSON.stringify(run.findings);
    for (const each of [PEPPER, FERNET_SALT, token, secret, 'app-key', 'key-of-alice'])
      assert.ok(!text.includes(each));
  });

  test('a taken port, a wrong pepper, an empty list, a clock 90 s off and an expired certificate are each no-go, with what to do', async (t) => {
    const port = await takenPort(t);
    const api = await FakeSmartApi.start(t);
    api.behindMs = 90_000;
    const { cwd, db } = openAlgoScene(t, [`ANGEL_WS_URL=${api.url.replace('http', 'ws')}`]);
    storeSession(db, jwt(Date.now() + DAY_MS));
    const expired = await makeCertificate(['localhost'], new Date(Date.now() - 60_000));
    const { flags } = writeTlsFiles(t, expired);
    const run = await runDoctor([`--websocket-port=${port}`, '--bus-endpoint=inproc://bus', ...flags], {
      cwd,
      env: { API_KEY_PEPPER: 'another pepper of thirty-two characters' },
    });
    assert.deepEqual([run.code, run.verdict], [1, 'no-go']);
    const holder = new RegExp(`\\(process ${process.pid}\\) listens there`);
    assertFound(run, 'ports', 'no-go', holder, /^End that program .* set WEBSOCKET_PORT to a free one/);
    assertFound(
      run,
      'keys',
      'no-go',
      /none of the 1 API keys can be decrypted/,
      /^Copy API_KEY_PEPPER and FERNET_SALT/,
    );
    assertFound(
      run,
      'session',
      'no-go',
      /tokens of alice cannot be decrypted/,
      /^Bring API_KEY_PEPPER and FERNET_SALT back/,
    );
    assertFound(run, 'instruments', 'no-go', /there are no instruments of angel/, /^Let OpenAlgo fetch it/);
    assertFound(
      run,
      'clock',
      'no-go',
      /is ahead of .* by (8\d|90)\.\d to \d{2,}\.\d s/,
      /timedatectl set-ntp true/,
    );
    assertFound(run, 'certificate', 'no-go', /has expired on/, /^Renew it/);
  });

  test('an expired token, an old list, too few files and a broker out of reach are each found, with what to do', async (t) => {
    const { cwd, db } = openAlgoScene(t, [`ANGEL_WS_URL=${NOWHERE}`]);
    storeSession(db, jwt(Date.now() - 60_000, Date.now() - 3_600_000));
    storeList(db, 600, 5);
    const run = await runDoctor(['--bus-endpoint=inproc://bus'], { cwd, openFiles: 150 });
    assert.deepEqual([run.code, run.verdict], [1, 'no-go']);
    assertFound(
      run,
      'session',
      'no-go',
      /of alice at Angel One ended .* IST/,
      /^Log in to the broker on OpenAlgo's page/,
    );
    assertFound(
      run,
      'instruments',
      'no-go',
      /IST, 5 days ago: contracts have expired/,
      /^Let OpenAlgo fetch it/,
    );
    assertFound(
      run,
      'instruments',
      'no-go',
      /^600 instruments of angel; such a list has some 100000/,
      /OpenAlgo/,
    );
    assertFound(run, 'limits', 'no-go', /may open 150 files/, /LimitNOFILE=15200 .* ulimit -n 15200/);
    assertFound(run, 'clock', 'warn', /could not be compared/, /network, DNS and firewall/);
  });

  test('a binary that cannot be loaded and secrets of another database are found together, and nothing else is left out', async (t) => {
    const cwd = temporaryDirectory(t);
    copyEmbeddedDatabase(cwd);
    const secrets = `API_KEY_PEPPER = '${'ab'.repeat(32)}'\nFERNET_SALT = '${'cd'.repeat(16)}'\n`;
    writeFileSync(join(cwd, 'db/tickwire.secrets'), secrets);
    const hook = join(cwd, 'hook.mjs');
    writeFileSync(
      hook,
      "import { registerHooks } from 'node:module';\n" +
        "registerHooks({ resolve(name, context, next) { if (name === 'zeromq') throw new Error('wrong ELF class'); return next(name, context); } });\n",
    );
    const run = await runDoctor(['--websocket-port=0', '--bus-endpoint=inproc://bus'], {
      cwd,
      env: { NODE_OPTIONS: `--import=${hook}` },
    });
    assert.equal(run.code, 1);
    assertFound(
      run,
      'node',
      'no-go',
      /zeromq cannot be loaded, so there is no bus: wrong ELF class/,
      /^Install the packages anew/,
    );
    assertFound(run, 'database', 'no-go', /DATABASE_UNREADABLE: .* other secrets/, /^Correct that/);
    assertFound(run, 'bus hop', 'no-go', /wrong ELF class/, /run tickwire doctor again/);
    assert.match(run.of('ring hop')[0]?.found ?? '', /4,500 ticks/);
  });

  test('a configuration that cannot be read is no-go with the option and its value, not an error of the command', async (t) => {
    const run = await runDoctor(['--websocket-port=many'], { cwd: temporaryDirectory(t) });
    assert.deepEqual([run.code, run.findings.length], [1, 1]);
    assertFound(
      run,
      'configuration',
      'no-go',
      /CONFIG_INVALID: --websocket-port is "many"/,
      /run tickwire doctor again/,
    );
    const shown = await runCli(['doctor', '--websocket-port=many'], { cwd: temporaryDirectory(t) });
    assert.match(
      shown.stdout,
      /^NO-GO {4}configuration {2}CONFIG_INVALID: .*\n +→ Correct that, .*\nNO-GO: 1 in the way\.\n$/,
    );
    assert.match(shown.stderr, /^tickwire: DOCTOR_NO_GO: configuration: /);
  });

  test('of a proxy each feed host is go by its heartbeat; a standby that is away is a warning, a feed without any host no-go', async (t) => {
    const endpoint = `ipc://${join(temporaryDirectory(t), 'bus')}`;
    const publisher = createTickPublisher({
      endpoint,
      heartbeatMs: 1000,
      sendHighWaterMark: 10,
      curve: null,
      context: null,
    });
    t.after(() => releaseSocket(publisher));
    await publisher.bind(endpoint);
    void (async () => {
      for await (const _ of publisher)
        await publisher.send(encodeEvent({ type: 'heartbeat', host: 'a', at: Date.now() }));
    })().catch(() => {});
    const flags = ['--role=proxy', '--websocket-port=0', '--ops-port=none', '--bus-heartbeat=0.3'];
    const cwd = temporaryDirectory(t);
    const run = await runDoctor([...flags, `--feeds=${endpoint}|${endpoint}-standby,${endpoint}-other`], {
      cwd,
    });
    assert.equal(run.code, 1);
    assert.match(run.of('feeds')[0]?.found ?? '', /bus is there, and its clock agrees/);
    assert.equal(run.of('feeds')[0]?.verdict, 'go');
    assertFound(run, 'feeds', 'warn', /-standby says nothing/, /^Start tickwire feed there/);
    assertFound(run, 'feeds', 'no-go', /-other says nothing/, /TICKWIRE_CURVE_ALLOWED/);
    assert.deepEqual(run.of('database'), []);
  });
});

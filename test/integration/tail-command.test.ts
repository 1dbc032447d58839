/** `tickwire tail`: what somebody sees of an engine in a terminal or a script, and what it says when something is wrong. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { CliProcess } from '../support/cli-process.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { runCli } from '../support/run-cli.ts';
import { RunningCommand } from '../support/running-command.ts';
import { startSilentServer } from '../support/silent-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { writeTlsFiles } from '../support/tls-files.ts';
import { TEST_TLS } from '../support/tls-identity.ts';
import { until } from '../support/until.ts';

const RATE = { exchange: { ticksPerSecond: 300 } };
const NO_PORT = 'ws://127.0.0.1:1';

test('a script gets ticks as lines or as JSON, and a failure that it can tell from the exit code', async (t) => {
  const { wsUrl, key } = await startEngineFixture(t, RATE);
  const cwd = temporaryDirectory(t);
  const env = { TICKWIRE_CLIENT_KEY: key };
  const tail = (...args: string[]) => runCli(['tail', ...args, '--for=20s'], { cwd, env });

  const words = await tail('NSE:RELIANCE', `--url=${wsUrl}`, '--count=3');
  assert.equal(words.code, 0, words.stderr);
  const ticks = words.stdout.split('\n').filter((line) => / NSE:RELIANCE \d+\.\d\d buy \d/.test(line));
  assert.equal(ticks.length, 3, words.stdout);

  writeFileSync(join(cwd, 'key'), `${key}\n`);
  const json = await runCli(
    [
      'tail',
      'NSE:RELIANCE',
      'NSE:NOPE',
      '--mode=ltp',
      `--url=${wsUrl}`,
      '--key-file=key',
      '--count=2',
      '--json',
    ],
    { cwd },
  );
  assert.equal(json.code, 0, json.stderr);
  const events = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const prices = events.filter(({ type }) => type === 'tick');
  assert.equal(prices.length, 2);
  for (const { instrument, ltp, mode, seq } of prices) {
    assert.deepEqual([instrument, mode], ['NSE:RELIANCE', 'ltp']);
    assert.ok(Number(ltp) > 0 && Number(seq) > 0);
  }
  const trouble = events.find(({ type }) => type === 'trouble');
  assert.deepEqual(
    [trouble?.instrument, trouble?.code, trouble?.isEnd],
    ['NSE:NOPE', 'SYMBOL_NOT_FOUND', true],
  );

  const unknown = await tail('NSE:NOPE', `--url=${wsUrl}`);
  assert.equal(unknown.code, 77);
  assert.match(unknown.stderr, /CLIENT_REFUSED: .* refuses NSE:NOPE \(SYMBOL_NOT_FOUND: .*\)/);
  const bad = await tail('NSE:RELIANCE', `--url=${wsUrl}`, '--key=not-a-good-key');
  assert.equal(bad.code, 77);
  assert.match(
    bad.stderr,
    /CLIENT_KEY_REFUSED: .*AUTHENTICATION_ERROR: Invalid API key.*TICKWIRE_CLIENT_KEY/,
  );
  assert.doesNotMatch(bad.stdout + bad.stderr, /not-a-good-key/);
});

test('in the directory of the engine it needs neither address nor key, whatever port the engine has', async (t) => {
  const cwd = temporaryDirectory(t);
  const engine = await CliProcess.spawn(t, [], undefined, cwd);
  await engine.untilRunning();
  const { code, stdout, stderr } = await runCli(['tail', 'NSE:RELIANCE', '--count=2', '--for=20s'], { cwd });
  assert.equal(code, 0, stderr);
  assert.match(stdout, / NSE:RELIANCE \d+\.\d\d buy /);
  assert.match(stderr, new RegExp(`connected to ws://127\\.0\\.0\\.1:${engine.port}$`, 'm'));
});

test('a price that did not come in time is a failure, not an empty answer', async (t) => {
  const { wsUrl, key, exchange } = await startEngineFixture(t);
  // It sends an image of each instrument at once otherwise.
  exchange.pause(true);
  t.after(() => exchange.pause(false));
  const args = ['tail', 'NSE:RELIANCE', `--url=${wsUrl}`, '--for=0.5s'];
  const { code, stdout, stderr } = await runCli(args, {
    cwd: temporaryDirectory(t),
    env: { TICKWIRE_CLIENT_KEY: key },
  });
  assert.deepEqual([code, / \d+\.\d\d/.test(stdout)], [75, false]);
  assert.match(stderr, /TICKS_MISSING: No tick came within 0\.5 s/);
});

test('an engine that answers nothing any more does not keep it: it ends when its time is over, or by a signal', async (t) => {
  const { url, heard } = await startSilentServer(t);
  const cwd = temporaryDirectory(t);
  const tail = (...args: readonly string[]) =>
    new RunningCommand(t, ['tail', 'NSE:RELIANCE', `--url=${url}`, '--key=k', ...args], { cwd });
  const [timed, stopped] = [tail('--for=0.3s'), tail()];
  await until('both connections', () => heard() === 2);
  stopped.child.kill('SIGTERM');
  for (const { child } of [timed, stopped]) {
    await until('the end', () => child.exitCode !== null || child.signalCode !== null);
  }
  assert.deepEqual([await timed.ended, await stopped.ended], [75, 0]);
  assert.match(timed.stderr, /TICKS_MISSING: .*\n$/);
});

test('what cannot work is refused with the reason: no engine, no key, no instrument', async (t) => {
  const cwd = temporaryDirectory(t);
  const cases = [
    [['NSE:INFY', `--url=${NO_PORT}`, '--key=k'], 75, /ENGINE_UNREACHABLE: .*ECONNREFUSED.*tickwire start/],
    [['NSE:INFY'], 78, /CLIENT_KEY_MISSING: No engine has been started in /],
    [
      ['NSE:INFY', '--url=wss://example.org'],
      78,
      /CLIENT_KEY_MISSING: wss:\/\/example\.org is on another host/,
    ],
    [
      ['NSE:INFY', '--key-file=none', '--url=wss://example.org'],
      78,
      /CLIENT_KEY_MISSING: --key-file cannot be read/,
    ],
    [['INFY'], 64, /COMMAND_INVALID: "INFY" names no instrument; .*NSE:RELIANCE/],
    [['NSE:INFY', '--mode=ltp', '--levels=20'], 64, /--levels 20 needs --mode depth/],
    [['NSE:INFY', '--url=http://x'], 64, /--url is "http:\/\/x"/],
    [[], 64, /It must be "tickwire tail <exchange:symbol>…"/],
  ] as const;
  const results = await Promise.all(cases.map(([args]) => runCli(['tail', ...args], { cwd })));
  assert.deepEqual(readdirSync(cwd), [], 'nothing was made by looking');
  for (const [i, [args, code, message]] of cases.entries()) {
    const result = results[i]!;
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, message);
  }
});

test('the certificate of the own configuration is trusted, that of a named address is not: a key would go to anybody', async (t) => {
  const tls = writeTlsFiles(t, TEST_TLS);
  const { wsUrl, key } = await startEngineFixture(t, { ...RATE, flags: tls.flags });
  const cwd = temporaryDirectory(t);
  const env = { TICKWIRE_CLIENT_KEY: key, TICKWIRE_TLS_CERT: tls.certFile, TICKWIRE_TLS_KEY: tls.keyFile };
  const args = ['tail', 'NSE:INFY', '--mode=ltp', '--count=1', '--for=20s'];
  const { port } = new URL(wsUrl);
  const [own, named] = await Promise.all([
    runCli([...args, `--websocket-port=${port}`], { cwd, env }),
    runCli([...args, `--url=${wsUrl}`], { cwd, env }),
  ]);
  assert.equal(own.code, 0, own.stderr);
  assert.match(own.stdout, / NSE:INFY \d+\.\d\d/);
  assert.equal(named.code, 75);
  assert.match(named.stderr, /ENGINE_UNREACHABLE: .*self-signed certificate.*NODE_EXTRA_CA_CERTS/);
});

test('an outage is told where it happens: gap, feed status, a lost engine, and its return', async (t) => {
  const fixture = await startEngineFixture(t, RATE);
  const { wsUrl, key, exchange } = fixture;
  const args = ['tail', 'NSE:RELIANCE', '--mode=ltp', `--url=${wsUrl}`];
  const tail = new RunningCommand(t, args, {
    cwd: temporaryDirectory(t),
    env: { TICKWIRE_CLIENT_KEY: key },
  });
  const lines = (pattern: RegExp) => tail.stdout.split('\n').filter((line) => pattern.test(line)).length;
  await until('a tick', () => lines(/ NSE:RELIANCE \d/) > 0);
  exchange.dropAll();
  await until('word of the outage', () => lines(/NSE:RELIANCE feed recovering: /) > 0);
  await until(
    'word of what is missing',
    () => lines(/NSE:RELIANCE GAP \(outage\): .* nobody knows how many/) > 0,
  );
  await fixture.restart();
  await until('word of the lost engine', () => /no connection to ws:.*next attempt in /.test(tail.stderr));
  await until('its return', () => tail.stderr.split('connected to ').length > 2);
  const before = lines(/ NSE:RELIANCE \d/);
  await until('ticks again', () => lines(/ NSE:RELIANCE \d/) > before);
  tail.child.kill('SIGINT');
  assert.equal(await tail.ended, 0);
});

test('a terminal shows a live book in place, says when it is old, and is given back', {
  skip: process.platform !== 'linux' && 'needs the script command of util-linux',
}, async (t) => {
  const { wsUrl, key, exchange } = await startEngineFixture(t, RATE);
  const cwd = temporaryDirectory(t);
  const args = ['tail', 'NSE:RELIANCE', `--url=${wsUrl}`];
  const coloured = new RunningCommand(t, args, { cwd, env: { TICKWIRE_CLIENT_KEY: key }, terminal: true });
  const plain = new RunningCommand(t, args, {
    cwd,
    env: { TICKWIRE_CLIENT_KEY: key, NO_COLOR: '1' },
    terminal: true,
  });
  for (const { name, tail } of [
    { name: 'coloured', tail: coloured },
    { name: 'plain', tail: plain },
  ]) {
    await until(`a book, ${name}`, () => /live, last tick .*│/s.test(tail.screen));
  }
  const rows = stripVTControlCharacters(coloured.screen)
    .split('\n')
    .filter((line) => line.includes('│'));
  assert.equal(rows.length, 5);
  const green = '\u001b[32m';
  assert.deepEqual([coloured.stdout.includes(green), plain.stdout.includes(green)], [true, false]);
  const [enter, leave] = ['\u001b[?1049h', '\u001b[?1049l'];
  plain.child.stdin!.write('\u001a');
  await until('the screen to be given back, and taken again', () => {
    // Where its child stops, script stops itself, maybe before it has passed on the last words, and lets both go on with this.
    plain.child.kill('SIGCONT');
    const left = plain.stdout.indexOf(leave);
    return left >= 0 && plain.stdout.lastIndexOf(enter) > left;
  });
  await exchange.close();
  await until('the book to be called old', () =>
    /OLD: the connection to the broker is lost/.test(coloured.screen),
  );
  assert.doesNotMatch(coloured.screen, /live,/);
  coloured.child.stdin!.write('\u0003');
  assert.equal(await coloured.ended, 0);
  const [, behind = ''] = coloured.stdout.split('\u001b[?25h\u001b[?1049l');
  assert.match(behind, /NSE:RELIANCE {2}OLD: .*\r\n.*last \d/);
});

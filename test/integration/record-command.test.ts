/** `tickwire record` and `tickwire replay` as a user runs them: processes of their own, ended by signals. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { recordingFileHeader } from '../../src/codec/recording/block-writer.ts';
import { openRecording } from '../../src/main/replay/recording-file.ts';
import { summarise } from '../../src/main/replay/recording-summary.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { CliProcess } from '../support/cli-process.ts';
import { RunningCommand } from '../support/running-command.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { tickSourceFlags } from '../support/tick-source-flags.ts';
import { until } from '../support/until.ts';

const SYMBOLS = '--symbols=NSE:RELIANCE,NSE_INDEX:NIFTY';
const KEY = 'the-key-of-my-strategy';

function run(
  t: TestContext,
  cwd: string,
  words: readonly string[],
  flags: readonly string[] = [],
): Promise<CliProcess> {
  return CliProcess.spawn(t, flags, undefined, cwd, words);
}

function messagesIn(path: string): number {
  const recording = openRecording([path]);
  try {
    assert.deepEqual(
      recording.damages.filter(({ kind }) => kind === 'damaged'),
      [],
    );
    return summarise(recording.blocks).messages;
  } finally {
    recording.close();
  }
}

async function untilRecorded(path: string, messages: number): Promise<void> {
  await until(
    'messages in the file',
    () => existsSync(path) && readFileSync(path).length > 16 && messagesIn(path) >= messages,
    20_000,
  );
}

test('a session recorded without any client is replayed to one, and both commands end in order and say what they did', async (t) => {
  const cwd = temporaryDirectory(t);
  const path = join(cwd, 'session.twr');
  const recorder = await run(t, cwd, ['record', 'session.twr'], [SYMBOLS]);
  await untilRecorded(path, 10);
  assert.equal((await recorder.signal('SIGINT')).code, 0, recorder.output);
  assert.match(recorder.output, /Recorded [\d,]+ messages of 2 instruments \(angel, 1 connection\)/);
  const replayed = await run(t, cwd, ['replay', 'session.twr'], ['--speed=max', '--exit', `--key=${KEY}`]);
  const client = await replayed.client(KEY);
  await client.subscribe('NSE', 'RELIANCE', 3);
  await client.subscribe('NSE_INDEX', 'NIFTY', 3);
  assert.equal((await replayed.exited).code, 0, replayed.output);
  assert.match(replayed.output, /The recording is over/);
  assert.ok(client.ticks('RELIANCE').length > 0 && client.ticks('NIFTY').length > 0);
  assert.equal((await client.untilClosed()).code, 1001);
  assert.doesNotMatch(recorder.output + replayed.output, /\[[#.]+\]|\r/, 'no bar where there is no terminal');
  assert.equal(existsSync(join(cwd, 'db', 'black-box')), false);
});

test('a recording whose process was killed is read up to its last moment', async (t) => {
  const cwd = temporaryDirectory(t);
  const path = join(cwd, 'session.twr');
  const recorder = await run(t, cwd, ['record', 'session.twr'], [SYMBOLS]);
  await untilRecorded(path, 10);
  const before = messagesIn(path);
  recorder.child.kill('SIGKILL');
  await recorder.exited;
  assert.ok(messagesIn(path) >= before);
});

test('the black box of a running engine is saved into a file, which holds what came up to a moment ago', async (t) => {
  const cwd = temporaryDirectory(t);
  const engine = await run(t, cwd, ['start'], ['--black-box-minutes=5', '--no-supervise']);
  const client = await engine.client(await engine.untilRunning());
  await client.subscribe('NSE', 'INFY', 3);
  await until('ticks', () => client.ticks().length > 5, 20_000);
  const box = join(cwd, 'db', 'black-box');
  await until('the box', () => existsSync(box));
  await until('messages in the box', async () => {
    const saved = await run(
      t,
      cwd,
      ['record', `incident-${performance.now()}.twr`],
      ['--from-black-box', '--last=5'],
    );
    assert.equal((await saved.exited).code, 0, saved.output);
    return /Recorded [1-9]\d* messages of 1 instruments/.test(saved.output);
  });
  assert.equal((await engine.signal('SIGTERM')).code, 0);
});

test('a recording that exists is never replaced, and what makes no sense is refused with the reason', async (t) => {
  const cwd = temporaryDirectory(t);
  writeFileSync(join(cwd, 'empty.twr'), recordingFileHeader());
  writeFileSync(join(cwd, 'text.twr'), 'this is no recording at all');
  const cases: readonly (readonly [words: string[], flags: string[], message: RegExp])[] = [
    [['record', 'empty.twr'], [], /RECORDING_UNWRITABLE: .*empty\.twr is there already/],
    [['record', 'new.twr'], ['--symbols=RELIANCE'], /COMMAND_INVALID: --symbols has "RELIANCE"/],
    [['record', 'new.twr'], ['--for=soon'], /COMMAND_INVALID: --for is "soon"/],
    [['record', 'new.twr'], ['--last=5'], /--last needs --from-black-box/],
    [['record', 'new.twr'], ['--from-black-box', '--last=Infinity'], /--last is "Infinity"/],
    [['record', 'new.twr'], ['--from-black-box'], /RECORDING_UNREADABLE: There is no black box in/],
    [['replay', 'none.twr'], [], /RECORDING_UNREADABLE: .*none\.twr cannot be read/],
    [['replay', '.'], [], /RECORDING_UNREADABLE: .* cannot be read as a recording: it is no file/],
    [['replay', 'text.twr'], [], /RECORDING_UNREADABLE: .*it does not begin as a recording does/],
    [['replay', 'empty.twr'], [], /RECORDING_UNREADABLE: .*has nothing to play/],
    [['replay', 'empty.twr'], ['--speed=fast'], /COMMAND_INVALID: --speed is "fast"/],
  ];
  for (const [words, flags, message] of cases) {
    const cli = await run(t, cwd, words, flags);
    assert.notEqual((await cli.exited).code, 0);
    assert.match(cli.output, message);
  }
  assert.equal(existsSync(join(cwd, 'new.twr')), false);
  mkdirSync(join(cwd, 'db', 'black-box'), { recursive: true });
  const third = await run(t, cwd, ['record', 'third.twr'], ['--from-black-box', '--last=0.33333']);
  assert.equal((await third.exited).code, 0, third.output);
  // What is held of the good one is recorded before the bad one is refused.
  const unknown = await run(t, cwd, ['record', 'unknown.twr'], ['--symbols=NSE:INFY,NSE:NOSUCH']);
  assert.notEqual((await unknown.exited).code, 0);
  assert.match(unknown.output, /Not all of --symbols can be subscribed: Symbol NOSUCH not found/);
  assert.equal(existsSync(join(cwd, 'unknown.twr')), false, 'the name is free for the next attempt');
});

test('on a terminal a recording of some time shows how far it is, below whole lines of the log', {
  skip: process.platform !== 'linux' && 'needs the script command of util-linux',
}, async (t) => {
  const cwd = temporaryDirectory(t);
  const port = `--websocket-port=${await adjacentPorts()}`;
  const args = [
    'record',
    'short.twr',
    SYMBOLS,
    '--for=1.2s',
    '--ops-port=none',
    port,
    ...(await tickSourceFlags(cwd)),
  ];
  const recorder = new RunningCommand(t, args, { cwd, terminal: true });
  assert.equal(await recorder.ended, 0, recorder.stdout);
  assert.match(recorder.stdout, /Recording \[#+\.+\] +\d+ % {2}00:00:0\d of 00:00:01, \d+\.\d MB on disk/);
  const lines = recorder.stdout.split(/[\r\n]+/);
  for (const line of lines.filter((each) => each.includes('INFO')))
    assert.match(stripVTControlCharacters(line), /^\d\d:\d\d:/);
  const last = lines
    .map(stripVTControlCharacters)
    .filter((line) => line !== '')
    .at(-1);
  assert.match(last ?? '', /^Recorded \d+ messages/);
});

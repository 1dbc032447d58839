/** The parent process where the engine's process cannot even be started. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeKey } from '../../src/main/dashboard/made-key.ts';
import { superviseProcess, type ToParent } from '../../src/main/supervising-parent.ts';
import { pretendPlatform } from '../support/pretended-platform.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

test('a process that cannot be started is said, and does not end the parent by an error of its own', async (t) => {
  const { execPath } = process;
  t.after(() => {
    process.execPath = execPath;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  });
  process.execPath = join(import.meta.dirname, 'no-such-program');
  const lines: string[] = [];
  assert.equal(await superviseProcess('engine.ts', [], 100, (line) => lines.push(line)), 1);
  assert.match(lines.join(), /ENOENT/);
});

test('an engine that was asked to stop, and is killed since it does not manage, is not started again', async (t) => {
  t.after(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  });
  const told: readonly ToParent[] = [{ type: 'running', stopTimeoutMs: 100 }, { type: 'stopping' }];
  const script = join(temporaryDirectory(t), 'engine.mjs');
  // In order the second time: what would be started again ends.
  writeFileSync(
    script,
    `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
     if (existsSync('${script}.ran')) process.exit(0);
     writeFileSync('${script}.ran', '');
     const [first, second] = ${JSON.stringify(told)};
     process.send(first);
     process.send(second, () => process.kill(process.pid, 'SIGKILL'));`,
  );
  const lines: string[] = [];
  assert.equal(await superviseProcess(script, [], 100, (line) => lines.push(line)), 1);
  assert.ok(existsSync(`${script}.ran`));
  assert.deepEqual(lines, []);
});

test('on Windows the closing of the console is a stop in order, which the engine may take its time for', async (t) => {
  t.after(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  });
  pretendPlatform(t, 'win32');
  const directory = temporaryDirectory(t);
  const [script, isUp, hasLeft] = ['engine.mjs', 'up', 'left'].map((name) => join(directory, name));
  writeFileSync(
    script!,
    `import { writeFileSync } from 'node:fs';
     process.on('disconnect', () => setTimeout(() => writeFileSync('${hasLeft}', ''), 50));
     writeFileSync('${isUp}', '');
     // What keeps the channel open, and asks for nothing.
     process.on('message', () => {});`,
  );
  const ended = superviseProcess(script!, [], 10_000, () => {});
  await until('the engine', () => existsSync(isUp!));
  process.emit('SIGHUP');
  assert.equal(await ended, 0);
  assert.ok(existsSync(hasLeft!));
});

test('each engine has the same key from its parent, and nothing else of it finds the key in the environment', async (t) => {
  t.after(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  });
  const [script, seen] = ['engine.mjs', 'seen'].map((name) => join(temporaryDirectory(t), name));
  const told: ToParent = { type: 'running', stopTimeoutMs: 100 };
  writeFileSync(
    script!,
    `import { appendFileSync, readFileSync } from 'node:fs';
     appendFileSync('${seen}', JSON.stringify(process.env) + '\\n');
     if (readFileSync('${seen}', 'utf8').split('\\n').length > 2) process.exit(0);
     process.send(${JSON.stringify(told)}, () => process.kill(process.pid, 'SIGKILL'));`,
  );
  assert.equal(await superviseProcess(script!, [], 100, () => {}), 0);
  const lives = readFileSync(seen!, 'utf8').trim().split('\n');
  const environments = lives.map((line): NodeJS.ProcessEnv => JSON.parse(line));
  const [first, second] = environments.map((env) => takeKey(env));
  assert.equal(first, second);
  for (const env of environments) {
    assert.ok(!JSON.stringify(env).includes(first!));
    // Without a parent's each process makes one of its own.
    assert.notEqual(takeKey(env), first);
  }
});

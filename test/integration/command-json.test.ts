/** What scripts read: `--json` prints one object, whole and alone on stdout, and no secret. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCommand } from '../../src/main/commands/find-command.ts';
import { CONFIG_KEYS } from '../../src/main/config-options.ts';
import { copyEmbeddedDatabase } from '../support/embedded-database-copy.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('configuration, version, certificate and roles can be read by scripts', async (t) => {
  const cwd = temporaryDirectory(t);
  copyEmbeddedDatabase(cwd);
  const json = async (words: string, env: Record<string, string> = {}): Promise<unknown> => {
    const lines: string[] = [];
    const { command, argv } = findCommand([...words.split(' '), '--json']);
    const { run } = await command.load!();
    const print = (line: string) => void lines.push(line);
    const printError = (line: string) => assert.fail(line);
    assert.equal(await run({ argv, cwd, env, script: '', print, printError }), 0);
    assert.equal(lines.length, 1, words);
    return JSON.parse(lines[0]!);
  };

  const secret = 'hunter2hunter2hunter2hunter2hunter2';
  const config = (await json('config', { TICKWIRE_ADMIN_KEY: secret, WS_PING_INTERVAL: '5' })) as {
    options: Record<string, unknown>[];
    memoryBound: { total: number };
  };
  assert.equal(config.options.length, CONFIG_KEYS.length);
  assert.ok(config.memoryBound.total > 0 && !JSON.stringify(config).includes(secret));
  const option = (name: string) => config.options.find((each) => each.name === name);
  assert.deepEqual(option('TICKWIRE_ADMIN_KEY'), {
    name: 'TICKWIRE_ADMIN_KEY',
    flag: 'admin-key',
    value: null,
    isSet: true,
    source: 'environment',
    reloadable: true,
  });
  assert.deepEqual(
    [option('WS_PING_INTERVAL')?.value, option('WS_PING_INTERVAL')?.source],
    [5000, 'environment'],
  );

  const version = (await json('version')) as Record<string, string>;
  assert.deepEqual([version.node, /^\d+\.\d+\.\d+/.test(version.tickwire!)], [process.versions.node, true]);
  const { cert, key, hosts } = (await json('certificate --host trading.lan')) as Record<string, string>;
  assert.ok(existsSync(cert!) && existsSync(key!) && hosts!.includes('trading.lan'));

  await json('keys role set viewer --modes=ltp');
  assert.deepEqual(await json('keys role assign viewer --user=demo'), { user: 'demo', role: 'viewer' });
  assert.deepEqual(await json('keys role unassign --user=demo'), { user: 'demo', role: null });
  assert.deepEqual(await json('keys role remove viewer'), { removed: 'viewer' });
});

test('tickwire bench hands everything to the suite of the checkout, and ends as its help says', async (t) => {
  const cwd = temporaryDirectory(t);
  const bench = (...args: readonly string[]) => runCli(['bench', ...args], { cwd });
  const [wrong, failed, smoke] = await Promise.all([
    bench('--only=nothing-like-it'),
    bench('--report=nowhere.json'),
    bench('--smoke', '--only=topic', '--json=report.json'),
  ]);
  assert.equal(wrong.code, 64);
  assert.match(
    wrong.stderr,
    /^bench: COMMAND_INVALID: --only nothing-like-it: no such scenario\. There are decode, .*\n$/,
  );
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /nowhere\.json.*\ntickwire: BENCH_FAILED: /);
  assert.deepEqual([smoke.code, existsSync(join(cwd, 'report.json'))], [0, true], smoke.stderr);
});

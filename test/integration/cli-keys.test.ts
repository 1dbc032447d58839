import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { publicCurveKey } from '../../src/main/config/curve-pair.ts';
import { parseEnvFile } from '../../src/main/config/env-file.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('what keys curve prints can be appended to .env as it is, and config hides the secret half', async (t) => {
  const cwd = temporaryDirectory(t);
  const { code, stdout, stderr } = await runCli(['keys', 'curve'], { cwd });
  assert.deepEqual([code, stderr], [0, '']);
  writeFileSync(join(cwd, '.env'), stdout);
  const {
    TICKWIRE_CURVE_PUBLIC_KEY: publicKey = '',
    TICKWIRE_CURVE_SECRET_KEY: secretKey = '',
    ...rest
  } = parseEnvFile(readFileSync(join(cwd, '.env'), 'utf8'));
  assert.deepEqual(rest, {});
  assert.equal(publicCurveKey(secretKey), publicKey);
  const config = await runCli(['config'], { cwd });
  assert.equal(config.code, 0);
  assert.match(config.stdout, /TICKWIRE_CURVE_SECRET_KEY +\(hidden\) +\.env/);
  assert.ok(!config.stdout.includes(secretKey));
});

test('keys curve --json is for scripts, and a word or flag that it does not know is refused', async (t) => {
  const cwd = temporaryDirectory(t);
  const { stdout } = await runCli(['keys', 'curve', '--json'], { cwd });
  const pair = JSON.parse(stdout) as Record<string, string>;
  assert.deepEqual(Object.keys(pair), ['publicKey', 'secretKey']);
  assert.equal(publicCurveKey(pair.secretKey ?? ''), pair.publicKey);
  for (const args of [['keys'], ['keys', 'rsa'], ['keys', 'curve', '--yaml'], ['keys', 'curve', 'twice']]) {
    const refused = await runCli(args, { cwd });
    assert.deepEqual([refused.code, refused.stdout], [64, ''], args.join(' '));
    assert.match(refused.stderr, /COMMAND_INVALID/);
  }
});

test('an engine does not start with an open bus on a public address, nor a proxy with half its keys', async (t) => {
  const cwd = temporaryDirectory(t);
  for (const command of ['start', 'feed']) {
    const { code, stderr } = await runCli([command, '--no-supervise'], {
      cwd,
      env: { TICKWIRE_BUS_ENDPOINT: 'tcp://*:5556', WEBSOCKET_PORT: '0' },
    });
    assert.equal(code, 78);
    assert.match(
      stderr,
      /CONFIG_INVALID: TICKWIRE_BUS_ENDPOINT is tcp:\/\/\*:5556, which other hosts may reach/,
    );
  }
  const { code, stderr } = await runCli(['proxy', '--no-supervise'], {
    cwd,
    env: { TICKWIRE_CURVE_SERVER_KEYS: 'a'.repeat(64), WEBSOCKET_PORT: '0' },
  });
  assert.equal(code, 78);
  assert.match(
    stderr,
    /CONFIG_INVALID: TICKWIRE_CURVE_SERVER_KEYS is set, but TICKWIRE_CURVE_SECRET_KEY is not/,
  );
});

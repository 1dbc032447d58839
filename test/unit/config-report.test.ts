import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatConfig, formatHelp } from '../../src/main/config/format-config.ts';
import { loadConfig } from '../../src/main/config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { parseCurveKey } from '../../src/workers/bus/curve-key.ts';

function report(env: Record<string, string>): string {
  return formatConfig(loadConfig({ argv: ['--zmq-port', '6000'], env, cwd: '/nonexistent' }));
}

function line(text: string, name: string): string {
  return text.split('\n').find((row) => row.startsWith(`${name} `)) ?? '';
}

test('the operator sees each value with its unit and where it came from, and whether a reload changes it', () => {
  const feeds = 'tcp://a:5556|tcp://b:5556,tcp://c:5556';
  const text = report({ WS_PING_INTERVAL: '2.5', VALID_BROKERS: 'angel,zerodha', TICKWIRE_FEEDS: feeds });
  assert.ok(line(text, 'TICKWIRE_FEEDS').includes(` ${feeds} `));
  assert.match(line(text, 'ZMQ_PORT'), /^ZMQ_PORT +6000 +flag +restart$/);
  assert.match(line(text, 'WS_PING_INTERVAL'), / 2\.5 s +environment +re\w+$/);
  assert.match(line(text, 'VALID_BROKERS'), / angel,zerodha +environment +re\w+$/);
  assert.match(line(text, 'TICKWIRE_RING_BYTES'), / 8388608 bytes +default +re\w+$/);
  assert.match(line(text, 'DATABASE_URL'), / not set +default +re\w+$/);
  assert.match(line(text, 'TICKWIRE_CURVE_SERVER_KEYS'), / not set +default +re\w+$/);
  assert.equal(text.split('\n').length, CONFIG_KEYS.length + 1);
});

test('no secret is ever printed', () => {
  const secrets = CONFIG_KEYS.map((key) => CONFIG_OPTIONS[key]).filter((option) => option.secret);
  assert.equal(secrets.length, 9);
  const password = 'hunter2'.repeat(6);
  const curveKey = 'facade00'.repeat(8);
  const given = (env: string) => (env.includes('CURVE') ? curveKey : password);
  const text = report(Object.fromEntries(secrets.map(({ env }) => [env, given(env)])));
  assert.ok(!text.includes(password) && !text.includes(curveKey) && !text.includes(parseCurveKey(curveKey)!));
  for (const { env } of secrets) assert.match(line(text, env), /\(hidden\) +environment +re\w+$/);
});

test('the password inside an address is not printed', () => {
  const text = report({
    DATABASE_URL: 'postgresql://trader:hunter2@db/openalgo',
    ANGEL_WS_URL: 'ws://u:hunter2@h/',
  });
  assert.doesNotMatch(text, /hunter2/);
});

test('the help text names each option with flag, variable, meaning, range and default', () => {
  const help = formatHelp();
  for (const key of CONFIG_KEYS) {
    const { flag, env } = CONFIG_OPTIONS[key];
    assert.ok(help.includes(flag) && help.includes(`(${env})`), env);
  }
  assert.ok(help.includes('--[no-]supervise'));
  const words = help.replace(/\s+/g, ' ');
  assert.ok(words.includes('Must be an integer from 0 to 65535. Default: 8765.'));
  assert.ok(words.includes('Default: 20 s.'));
  for (const row of help.split('\n')) assert.ok(row.length <= 100, row);
});

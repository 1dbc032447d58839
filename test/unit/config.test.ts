import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/main/config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { CONFIG_CASES } from '../support/config-cases.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NOWHERE = '/nonexistent';

function load(input: { argv?: string[]; env?: Record<string, string>; cwd?: string } = {}) {
  return loadConfig({ argv: [], env: {}, cwd: NOWHERE, ...input });
}

function directoryWithEnvFile(context: TestContext, text: string): string {
  const cwd = temporaryDirectory(context);
  writeFileSync(join(cwd, '.env'), text);
  return cwd;
}

function refusal(input: Parameters<typeof load>[0]): TickwireError {
  let refused: unknown;
  try {
    load(input);
  } catch (error) {
    refused = error;
  }
  assert.ok(refused instanceof TickwireError, 'it should have been refused');
  assert.equal(refused.exitCode, 78);
  return refused;
}

for (const key of CONFIG_KEYS) {
  const option = CONFIG_OPTIONS[key];
  const [text, value, refused] = CONFIG_CASES[key];

  test(`${option.env} is read alike from the environment and from --${option.flag}`, () => {
    const fromEnvironment = load({ env: { [option.env]: text } });
    assert.deepEqual(fromEnvironment.config[key], value);
    assert.equal(fromEnvironment.sources[key], 'environment');
    const fromFlag = load({ argv: [`--${option.flag}=${text}`] });
    assert.deepEqual(fromFlag.config[key], value);
    assert.equal(fromFlag.sources[key], 'flag');
  });

  if (refused !== null) {
    test(`${option.env} refuses "${refused}", naming itself, the value and what is allowed`, () => {
      const error = refusal({ env: { [option.env]: refused } });
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.ok(error.message.startsWith(option.env), error.message);
      assert.ok(error.message.includes(option.expected), error.message);
      assert.equal(error.message.includes(`"${refused}"`), !option.secret);
    });
  }
}

test('every default is a value that its option would take', () => {
  for (const key of CONFIG_KEYS) {
    const { default: value, type, env } = CONFIG_OPTIONS[key];
    if (value === null) continue;
    const text = type === 'duration' ? `${value}ms` : String(value);
    assert.deepEqual(CONFIG_OPTIONS[key].parse(text), value, env);
  }
});

test('no two options share a name or a flag', () => {
  const options = CONFIG_KEYS.map((key) => CONFIG_OPTIONS[key]);
  assert.equal(new Set(options.map((option) => option.env)).size, options.length);
  assert.equal(new Set(options.map((option) => option.flag)).size, options.length);
});

test('a flag goes before the environment, the environment before .env, .env before the default', (t) => {
  const cwd = directoryWithEnvFile(t, "WEBSOCKET_PORT = '1'\nZMQ_PORT='2'\nLOG_LEVEL='DEBUG'\n");
  const env = { WEBSOCKET_PORT: '3', ZMQ_PORT: '4' };
  const { config, sources } = load({ argv: ['--websocket-port', '5'], env, cwd });
  assert.deepEqual([config.websocketPort, sources.websocketPort], [5, 'flag']);
  assert.deepEqual([config.zmqPort, sources.zmqPort], [4, 'environment']);
  assert.deepEqual([config.logLevel, sources.logLevel], ['debug', '.env']);
  assert.deepEqual([config.zmqHost, sources.zmqHost], ['127.0.0.1', 'default']);
});

test('a program of this host is believed to be a reverse proxy only where clients of other hosts cannot come', () => {
  const trusted = (...argv: string[]) => load({ argv }).config.trustedProxies;
  assert.deepEqual(trusted(), ['127.0.0.0/8', '::1']);
  assert.deepEqual(trusted('--websocket-host=::1'), ['127.0.0.0/8', '::1']);
  assert.deepEqual(trusted('--websocket-host=0.0.0.0'), []);
  assert.deepEqual(trusted('--websocket-host=0.0.0.0', '--trusted-proxies=127.0.0.1'), ['127.0.0.1']);
});

test('a preset chooses only what nobody has given, and the operator sees which values are its own', (t) => {
  const cwd = directoryWithEnvFile(t, "TICKWIRE_PRESET='latency'\n");
  const chosen = load({ cwd });
  assert.equal(chosen.sources.preset, '.env');
  assert.deepEqual([chosen.config.waitStrategy, chosen.sources.waitStrategy], ['backoff', 'preset']);
  assert.ok(chosen.config.spinUs > load().config.spinUs);
  const given = load({ argv: ['--spin-us=20'], cwd });
  assert.deepEqual([given.config.spinUs, given.sources.spinUs], [20, 'flag']);
  assert.equal(given.sources.waitStrategy, 'preset');
});

test('the throughput preset lets ticks wait for one another, and the default lets none wait', () => {
  assert.equal(load().config.flushUs, 0);
  const { config, sources } = load({ env: { TICKWIRE_PRESET: 'throughput' } });
  assert.deepEqual([config.flushUs, sources.flushUs], [1000, 'preset']);
  assert.equal(load({ env: { TICKWIRE_FLUSH_US: '0' }, argv: ['--preset=throughput'] }).config.flushUs, 0);
});

test('reading .env leaves the environment of the process alone', (t) => {
  const cwd = directoryWithEnvFile(t, "WS_PING_INTERVAL='7'\n");
  const before = { ...process.env };
  assert.equal(load({ cwd }).config.wsPingIntervalMs, 7000);
  assert.deepEqual({ ...process.env }, before);
});

test('a variable that is set to nothing counts as not set', (t) => {
  const cwd = directoryWithEnvFile(t, "BROKER_API_KEY = ''\nWEBSOCKET_PORT='9001'\n");
  const { config, sources } = load({ env: { WEBSOCKET_PORT: '' }, cwd });
  assert.equal(config.websocketPort, 9001);
  assert.equal(sources.brokerApiKey, 'default');
});

test('the configuration cannot be changed after it was read', () => {
  const { config, sources } = load({ env: { VALID_BROKERS: 'a,b' } });
  assert.ok(Object.isFrozen(config) && Object.isFrozen(sources) && Object.isFrozen(config.validBrokers));
});

test('without any configuration the simulated exchange is the broker', () => {
  assert.equal(load().config.broker, 'simulated');
});

test('another port takes the place of a taken one only where nobody named a port and no OpenAlgo is configured', () => {
  const policy = (env: Record<string, string>) => load({ env }).config.portPolicy;
  assert.equal(policy({}), 'next');
  assert.equal(policy({ WEBSOCKET_PORT: '8765' }), 'fail');
  assert.equal(policy({ DATABASE_URL: 'sqlite:///db/openalgo.db' }), 'fail');
  assert.equal(policy({ WEBSOCKET_PORT: '8765', TICKWIRE_PORT_POLICY: 'next' }), 'next');
  assert.equal(policy({ TICKWIRE_PORT_POLICY: 'fail' }), 'fail');
});

test('whoever sets an Angel key or an Angel address gets Angel, unless a broker is named', () => {
  assert.equal(load({ env: { BROKER_API_KEY: 'k' } }).config.broker, 'angel');
  assert.equal(load({ env: { ANGEL_WS_URL: 'ws://127.0.0.1:1' } }).config.broker, 'angel');
  const named = load({ env: { BROKER_API_KEY: 'k', TICKWIRE_BROKER: 'simulated' } });
  assert.equal(named.config.broker, 'simulated');
});

test('booleans work as --supervise, --no-supervise and --supervise=false', () => {
  assert.equal(load({ argv: ['--supervise'], env: { TICKWIRE_SUPERVISE: 'no' } }).config.supervise, true);
  assert.equal(load({ argv: ['--no-supervise'] }).config.supervise, false);
  assert.equal(load({ argv: ['--supervise=false'] }).config.supervise, false);
});

test('a misspelt TICKWIRE_ key in the environment is refused with the right name', () => {
  const error = refusal({ env: { TICKWIRE_WAIT_STRATEGIE: 'spin' } });
  assert.equal(error.code, 'CONFIG_UNKNOWN_KEY');
  assert.match(error.message, /TICKWIRE_WAIT_STRATEGIE in the environment.*TICKWIRE_WAIT_STRATEGY\?/);
});

test('a misspelt TICKWIRE_ key in .env is refused with the right name', (t) => {
  const cwd = directoryWithEnvFile(t, "TICKWIRE_RING_BITES = '1024'\n");
  assert.match(refusal({ cwd }).message, /TICKWIRE_RING_BITES in \.env.*TICKWIRE_RING_BYTES\?/);
});

test("one of OpenAlgo's names with our prefix is refused with the name without it", () => {
  assert.match(refusal({ env: { TICKWIRE_WEBSOCKET_PORT: '1' } }).message, /Did you mean WEBSOCKET_PORT\?/);
});

test("keys of other programs, such as OpenAlgo's own, are left alone", () => {
  load({ env: { APP_MODE: 'standalone', WS_MAX_QUEUE: '1024', PATH: '/bin' } });
});

test('a misspelt flag is refused with the right name', () => {
  const error = refusal({ argv: ['--websocket-prot', '9000'] });
  assert.equal(error.code, 'CONFIG_UNKNOWN_KEY');
  assert.match(error.message, /--websocket-prot\b.*--websocket-port\?/);
});

test('a flag that resembles nothing, a short one and a stray word are refused', () => {
  assert.match(refusal({ argv: ['--xyzzy'] }).message, /--xyzzy.*--help/);
  assert.match(refusal({ argv: ['-p', '1'] }).message, /-p\b/);
  assert.match(refusal({ argv: ['9000'] }).message, /"9000"/);
});

test('a flag without its value is refused, even if another flag follows', () => {
  for (const argv of [['--websocket-port'], ['--websocket-port', '--supervise'], ['--no-websocket-port']]) {
    const error = refusal({ argv });
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.match(error.message, /websocket-port needs a value; it must be an integer from 0 to 65535/);
  }
});

test('an unedited copy of the sample file is refused with what to do', () => {
  for (const name of ['API_KEY_PEPPER', 'FERNET_SALT']) {
    const error = refusal({ env: { [name]: 'OPENALGO_PLACEHOLDER_CHANGE_ME_0123456789abcdef' } });
    assert.equal(error.code, 'SECRET_PLACEHOLDER');
    assert.match(error.message, new RegExp(`${name}.*Start OpenAlgo once`));
  }
});

test('a secret that is refused is not shown', () => {
  const error = refusal({ env: { API_KEY_PEPPER: 'hunter2' } });
  assert.doesNotMatch(error.message, /hunter2/);
  assert.match(error.message, /7 characters long.*at least 32 characters/);
});

test('options that contradict each other are refused together', () => {
  const dead = refusal({ env: { TICKWIRE_FEED_PING_INTERVAL: '30' } });
  assert.match(
    dead.message,
    /TICKWIRE_FEED_DEAD_AFTER is 25000 ms.*more than TICKWIRE_FEED_PING_INTERVAL.*30000 ms/,
  );
  const backoff = refusal({ argv: ['--reconnect-max-ms', '10'] });
  assert.match(backoff.message, /TICKWIRE_RECONNECT_MAX_MS is 10 ms.*at least TICKWIRE_RECONNECT_INITIAL_MS/);
  const slots = refusal({ argv: ['--slot-wait-min', '40'] });
  assert.match(slots.message, /TICKWIRE_SLOT_WAIT_MAX is 30000 ms.*at least TICKWIRE_SLOT_WAIT_MIN/);
  const recovery = refusal({ argv: ['--recovery-max-wait', '5'] });
  assert.match(recovery.message, /TICKWIRE_RECOVERY_MAX_WAIT is 5000 ms.*at least TICKWIRE_RECOVERY_WAIT/);
});

test("a folder named .env, as Python's venv makes it, is not taken for a file", (t) => {
  const cwd = temporaryDirectory(t);
  mkdirSync(join(cwd, '.env'));
  assert.equal(load({ cwd }).config.websocketPort, 8765);
});

test('a feed host is named by an address that has room for its control socket, and only once', () => {
  const refused = [
    'tcp://a:65535',
    'tcp://a:0',
    'tcp://a',
    'a:5556',
    'tcp://a:5556/x',
    'ipc://run/bus',
    `ipc:///${'p'.repeat(99)}`,
    'inproc://',
    'tcp://a:5556,tcp://a:5556',
    'tcp://a:5556|tcp://b:5556,tcp://b:5556',
    // The second bus where the first host answers.
    'tcp://a:5556,tcp://a:5557',
    'ipc:///bus.control|ipc:///bus',
    'tcp://a:5556,',
    'tcp://a:5556||tcp://b:5556',
    ',',
  ];
  for (const feeds of refused) {
    const { message } = refusal({ argv: [`--feeds=${feeds}`] });
    assert.ok(
      message.startsWith(`--feeds is "${feeds}"; it must be addresses, no socket in two of them: tcp://`),
      message,
    );
  }
  for (const feed of [
    'tcp://[::1]:5556',
    'tcp://feed-1.example:65534',
    'inproc://bus',
    `ipc:///${'p'.repeat(98)}`,
  ])
    assert.deepEqual(load({ argv: [`--feeds=${feed}`] }).config.feeds, [[feed]]);
});

test('a bus endpoint without room for the control socket is refused', () => {
  for (const endpoint of ['tcp://127.0.0.1:65535', 'tcp://127.0.0.1:0', 'ipc://bus'])
    assert.match(
      refusal({ argv: [`--bus-endpoint=${endpoint}`] }).message,
      /--bus-endpoint is .*from 1 to 65534/,
    );
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/main/config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS, type ConfigKey } from '../../src/main/config-options.ts';
import { TickwireError } from '../../src/main/errors.ts';
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

/** One key, the example of ZeroMQ's specification 32 four times over, in both forms. */
const CURVE_HEX = '864fd26fb559f75b'.repeat(4);
const CURVE_Z85 = 'HelloWorld'.repeat(4);

/** For every option a text that it takes, the value that it means, and a text that it refuses (null: it takes any). */
const CASES: Record<ConfigKey, readonly [text: string, value: unknown, refused: string | null]> = {
  entitlements: ['/etc/tickwire/roles.db', '/etc/tickwire/roles.db', ' '],
  entitlementsPollMs: ['200ms', 200, '5'],
  blackBoxMinutes: ['10', 10, '-1'],
  blackBoxBytes: ['67108864', 67_108_864, '1000'],
  blackBoxDir: ['/var/lib/tickwire/box', '/var/lib/tickwire/box', ' '],
  drainTimeoutMs: ['0', 0, '601'],
  drainSpreadMs: ['1m', 60_000, '2h'],
  controlSocket: ['/run/tickwire.sock', '/run/tickwire.sock', ' '],
  opsHost: ['0.0.0.0', '0.0.0.0', ' '],
  opsPort: ['none', null, '65536'],
  adminKey: ['an admin key of 24 chars', 'an admin key of 24 chars', 'short'],
  viewerKey: ['a viewer key of 24 chars', 'a viewer key of 24 chars', 'short'],
  clientKey: ['a client key', 'a client key', null],
  websocketHost: ['0.0.0.0', '0.0.0.0', ' '],
  websocketPort: ['9000', 9000, '65536'],
  wsAuthGraceMs: ['2.5', 2500, '-1'],
  wsPingIntervalMs: ['500ms', 500, '20 parsecs'],
  wsPingTimeoutMs: ['1m', 60_000, '1d'],
  zmqHost: ['10.0.0.1', '10.0.0.1', ' '],
  zmqPort: ['5600', 5600, '0x15E0'],
  wsProxyStatsFile: ['/run/stats.json', '/run/stats.json', ' '],
  databasePollMs: ['1', 1000, '0'],
  databaseUrl: ['sqlite:///db/openalgo.db', 'sqlite:///db/openalgo.db', ' '],
  apiKeyPepper: ['p'.repeat(32), 'p'.repeat(32), 'p'.repeat(31)],
  fernetSalt: ['00112233445566778899aabbccddeeff', '00112233445566778899aabbccddeeff', null],
  brokerApiKey: ['AbCd1234', 'AbCd1234', null],
  validBrokers: ['angel, zerodha,', ['angel', 'zerodha'], ','],
  maxSymbolsPerWebsocket: ['500', 500, '0'],
  maxWebsocketConnections: ['2', 2, '1.5'],
  logLevel: ['WARNING', 'warn', 'loud'],
  broker: ['Angel', 'angel', 'kraken'],
  angelWsUrl: ['ws://127.0.0.1:9/feed', 'ws://127.0.0.1:9/feed', 'https://example.test'],
  zerodhaWsUrl: ['ws://127.0.0.1:9/', 'ws://127.0.0.1:9/', 'kite.example'],
  angelDepth20: ['true', true, 'maybe'],
  subscribeChunk: ['50', 50, '1001'],
  feedPingIntervalMs: ['5', 5000, 'ten'],
  feedDeadAfterMs: ['40s', 40_000, '0'],
  handshakeTimeoutMs: ['3', 3000, '0'],
  reconnectInitialMs: ['10', 10, '1.2.3'],
  reconnectFactor: ['1.5', 1.5, '0.9'],
  reconnectMaxMs: ['2m', 120_000, '0'],
  reconnectJitter: ['0', 0, '1.01'],
  reconnectStableAfterMs: ['0', 0, '-1'],
  slotWaitMinMs: ['15', 15_000, '0'],
  slotWaitMaxMs: ['1m', 60_000, 'soon'],
  marketCalendar: ['calendar.json', 'calendar.json', ' '],
  feedMoveAfterMs: ['8', 8000, '0'],
  muteAfterMs: ['45', 45_000, '-1'],
  staleAfterMs: ['2m', 120_000, 'never'],
  openGraceMs: ['0', 0, '2h'],
  recoveryWaitMs: ['500ms', 500, '0'],
  recoveryMaxWaitMs: ['15m', 900_000, '0'],
  simulateProfile: ['storm', 'storm', 'hurricane'],
  simulateSeed: ['42', 42, '-1'],
  simulatePort: ['0', 0, '70000'],
  angelClientCode: ['A123456', 'A123456', ' '],
  angelPin: ['0821', '0821', '123'],
  angelTotp: ['GEZDGNBVGY3TQOJQ', 'GEZDGNBVGY3TQOJQ', '12345'],
  angelApiUrl: ['http://127.0.0.1:9', 'http://127.0.0.1:9', 'ftp://example.test'],
  angelLocalIp: ['10.0.0.7', '10.0.0.7', ' '],
  angelPublicIp: ['203.0.113.7', '203.0.113.7', ' '],
  angelMac: ['02:00:00:00:00:01', '02:00:00:00:00:01', ' '],
  instrumentsFrom: ['https://example.test/a.json', 'https://example.test/a.json', ' '],
  instrumentsAt: ['07:05', '07:05', '8:30'],
  source: ['BUS', 'bus', 'wire'],
  busEndpoint: ['tcp://*:5556', 'tcp://*:5556', 'udp://127.0.0.1:1'],
  feeds: [
    'tcp://a:5556|tcp://b:5556, ipc:///run/bus',
    [['tcp://a:5556', 'tcp://b:5556'], ['ipc:///run/bus']],
    'tcp://*:5556',
  ],
  busSendHwm: ['10', 10, '0'],
  busReceiveHwm: ['5000', 5000, '0'],
  busHeartbeatMs: ['500ms', 500, '0'],
  busRepublishMs: ['2', 2000, '0'],
  busLingerMs: ['0', 0, '-1'],
  controlTimeoutMs: ['250ms', 250, '0'],
  curveSecretKey: [CURVE_HEX, CURVE_Z85, 'b'.repeat(63)],
  curvePublicKey: [CURVE_Z85, CURVE_Z85, 'b'.repeat(63)],
  curveServerKeys: [`${CURVE_HEX}, ${CURVE_Z85}`, [CURVE_Z85, CURVE_Z85], `${CURVE_HEX},`],
  curveAllowed: ['proxies.keys', 'proxies.keys', ' '],
  busAllowPlain: ['yes', true, 'sure'],
  openalgoBus: ['ON', 'on', 'maybe'],
  preset: ['THROUGHPUT', 'throughput', 'fastest'],
  waitStrategy: ['spin', 'spin', 'sleep'],
  spinUs: ['0', 0, '-5'],
  flushUs: ['250', 250, '100001'],
  ringBytes: ['65536', 65_536, '100000'],
  maxInstruments: ['100', 100, '1e3'],
  proxyWorkers: ['4', 4, '65'],
  tlsCert: ['/etc/ssl/tickwire.pem', '/etc/ssl/tickwire.pem', ' '],
  tlsKey: ['keys/tickwire.key', 'keys/tickwire.key', ' '],
  portPolicy: ['FAIL', 'fail', 'random'],
  compression: ['on', true, 'gzip'],
  websocketAllowPlain: ['on', true, 'perhaps'],
  dialect: ['design', 'design', 'french'],
  designPingIntervalMs: ['45', 45_000, '0'],
  designPingTimeoutMs: ['500ms', 500, 'soon'],
  maxMessageBytes: ['2048', 2048, '12'],
  maxBackpressureBytes: ['131072', 131_072, '1'],
  sessionRetentionMs: ['5m', 300_000, '0'],
  sessionsPerKey: ['3', 3, '0'],
  sessionBytes: ['65536', 65_536, '1000'],
  trustedProxies: ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1'], '10.0.0.0/33'],
  maxConnections: ['500', 500, '-1'],
  maxHandshakes: ['64', 64, '-1'],
  maxConnectionsPerAddress: ['0', 0, '1.5'],
  maxConnectionsPerKey: ['20', 20, 'many'],
  authAttempts: ['5', 5, '-1'],
  authWindowMs: ['5m', 300_000, '0'],
  requestsPerSecond: ['50', 50, '-1'],
  requestBurst: ['100', 100, '0'],
  maxBatch: ['1000', 1000, '-1'],
  maxSubscriptionsPerClient: ['300', 300, '1e3'],
  maxSubscriptionsPerKey: ['9000', 9000, '-1'],
  maxSubscriptions: ['50000', 50_000, 'all'],
  maxStreams: ['5000', 5000, '-1'],
  idleTimeoutMs: ['1h', 3_600_000, '-1'],
  maxOutboundBytes: ['67108864', 67_108_864, '-1'],
  maxInboundBytes: ['0', 0, '64M'],
  slowPolicy: ['Deliver', 'deliver', 'drop'],
  conflateBytes: ['depth=1000, LTP=0', 'ltp=0,quote=786432,depth=1000', 'ltp=1,volume=2'],
  conflateAge: ['depth=250ms,quote=1.5', 'ltp=2000ms,quote=1500ms,depth=250ms', 'depth=2h'],
  slowTimeoutMs: ['5', 5000, '0'],
  logFormat: ['pretty', 'pretty', 'xml'],
  supervise: ['FALSE', false, 'perhaps'],
  stopTimeoutMs: ['2s', 2000, '0'],
  wedgedAfterMs: ['500', 500, '99'],
};

for (const key of CONFIG_KEYS) {
  const option = CONFIG_OPTIONS[key];
  const [text, value, refused] = CASES[key];

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

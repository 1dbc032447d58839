/** What the files in `deploy/` and the migration page say must be what the program and its package really have. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { chooseListenerTls } from '../../src/main/config/client-listener.ts';
import { readFlagValues } from '../../src/main/config/flag-values.ts';
import { loadConfig } from '../../src/main/config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { CONFIGURATION_EXIT_CODE } from '../../src/main/errors.ts';
import { statsPath } from '../../src/main/ops/stats-file.ts';
import { TEST_TLS } from '../support/tls-identity.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const UNIT = readUnit(read('deploy/tickwire.service'));
const DOCKERFILE = readDockerfile(read('deploy/Dockerfile'));
const COMPOSE = read('deploy/docker-compose.openalgo.yml');
const PROXIES = read('deploy/docker-compose.proxies.yml');
const OPTION_NAMES = new Set(CONFIG_KEYS.map((key) => CONFIG_OPTIONS[key].env));
/** OpenAlgo's directory in the two files. */
const UNIT_DIRECTORY = '/opt/openalgo';
const IMAGE_DIRECTORY = '/app';

/** Values by `Section.Key`; a key may occur several times. */
function readUnit(text: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  let section = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = header;
      continue;
    }
    const pair = /^(\w+)=(.*)$/.exec(line);
    assert.ok(pair !== null && section !== '', `systemd would not read: ${line}`);
    const name = `${section}.${pair[1]}`;
    values.set(name, [...(values.get(name) ?? []), pair[2]!]);
  }
  return values;
}

function unitValue(name: string): string {
  const values = UNIT.get(name) ?? [];
  assert.equal(values.length, 1, `${name} stands ${values.length} times in the unit`);
  return values[0]!;
}

/** Instructions with their arguments, in order. */
function readDockerfile(text: string): { readonly name: string; readonly rest: string }[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const instruction = /^([A-Z]+) (.+)$/.exec(line);
    assert.ok(instruction !== null, `Docker would not read: ${line}`);
    return { name: instruction[1]!, rest: instruction[2]! };
  });
}

function instructions(name: string): string[] {
  return DOCKERFILE.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
}

/** The last JSON array in an instruction. */
function execForm(rest: string): string[] {
  return JSON.parse(rest.slice(rest.indexOf('[')));
}

/** Fails unless the words are how the built program is started for somebody else's supervision. */
function assertStarts([node, script, command, ...flags]: readonly string[], role = 'start'): void {
  assert.ok(node === 'node' || node?.endsWith('/node_modules/.bin/node'), node);
  // `npm run build` compiles src/ to dist/.
  const source = script?.replace(/^\/opt\/tickwire\/dist\/(.+)\.js$/, 'src/$1.ts');
  assert.equal(source, 'src/main/index.ts');
  assert.ok(existsSync(new URL(source, ROOT)));
  assert.equal(command, role);
  assert.deepEqual([...readFlagValues(flags)], [['supervise', 'false']]);
}

test("systemd starts the built program in OpenAlgo's directory, without a second supervisor", () => {
  assertStarts(unitValue('Service.ExecStart').split(' '));
  assert.equal(unitValue('Service.WorkingDirectory'), UNIT_DIRECTORY);
  assert.equal(UNIT.has('Service.EnvironmentFile'), false);
});

test('systemd restarts it after every end but a wrong configuration, and gives a stop the time that it may take', () => {
  assert.equal(unitValue('Service.Restart'), 'always');
  assert.equal(unitValue('Service.RestartPreventExitStatus'), String(CONFIGURATION_EXIT_CODE));
  assert.equal(unitValue('Unit.StartLimitIntervalSec'), '0');
  const { stopTimeoutMs, drainTimeoutMs } = CONFIG_OPTIONS;
  const stopMs = drainTimeoutMs.default + stopTimeoutMs.default;
  assert.ok(Number(unitValue('Service.TimeoutStopSec')) * 1000 > stopMs);
});

test("under systemd the database's directory and the one of the stats file can be written, and nothing else", () => {
  assert.equal(unitValue('Service.ProtectSystem'), 'strict');
  const stats = statsPath(CONFIG_OPTIONS.wsProxyStatsFile.default, UNIT_DIRECTORY);
  const writable = unitValue('Service.ReadWritePaths')
    .split(' ')
    .map((path) => path.replace(/^-/, ''));
  assert.deepEqual(writable, [`${UNIT_DIRECTORY}/db`, stats?.replace(/\/[^/]+$/, '')]);
  // It would end a JavaScript engine that compiles.
  assert.equal(UNIT.has('Service.MemoryDenyWriteExecute'), false);
});

test('the image runs the built program as a user without rights, on the Node.js that the package asks for', () => {
  const { engines } = JSON.parse(read('package.json'));
  const images = instructions('FROM').map((rest) => rest.split(' ')[0]);
  const major = /^node:(\d+)-slim$/.exec(images[0]!)?.[1];
  assert.deepEqual(images, [`node:${major}-slim`, `node:${major}-slim`]);
  assert.match(engines.node, new RegExp(`^>=${major}\\.\\d+ <${Number(major) + 1}$`));
  assertStarts(execForm(instructions('CMD')[0]!));
  assert.deepEqual(instructions('USER'), ['node']);
  assert.equal(instructions('WORKDIR').at(-1), IMAGE_DIRECTORY);
});

test('process 1 of the container is not the engine, which could not end itself there', () => {
  assert.deepEqual(execForm(instructions('ENTRYPOINT')[0]!), ['tini', '--']);
  assert.ok(instructions('RUN').some((rest) => rest.includes('install -y --no-install-recommends tini')));
});

test('the image is built from files and scripts that exist', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const copied = instructions('COPY').filter((rest) => !rest.startsWith('--from'));
  for (const path of copied.flatMap((rest) => rest.split(' ').slice(0, -1)))
    assert.ok(existsSync(new URL(path, ROOT)), path);
  const used = instructions('RUN').flatMap((rest) => [...rest.matchAll(/npm run (\S+)/g)]);
  assert.deepEqual(
    used.map(([, name]) => name),
    ['build'],
  );
  assert.ok('build' in scripts);
});

test('the image opens the port of the WebSocket, on an address that is reached from outside the container', () => {
  assert.deepEqual(instructions('EXPOSE'), [String(CONFIG_OPTIONS.websocketPort.default)]);
  const pairs = instructions('ENV').flatMap((rest) => rest.split(' '));
  assert.deepEqual(pairs, ['NODE_ENV=production', `${CONFIG_OPTIONS.websocketHost.env}=0.0.0.0`]);
});

test('the container is healthy while the page is served, and unhealthy when it is not or nobody listens', async (t) => {
  const [, ...args] = execForm(instructions('HEALTHCHECK')[0]!);
  const check = async (port: number) => {
    const env = { ...process.env, WEBSOCKET_PORT: String(port) };
    const [code] = await once(spawn(process.execPath, args, { env, stdio: 'ignore' }), 'exit');
    return code;
  };
  const { port, answerWith, close } = await pageServer(t);
  assert.equal(await check(port), 0);
  answerWith(503);
  assert.equal(await check(port), 1);
  await close();
  assert.equal(await check(port), 1);
  const secure = createSecureServer({ ...TEST_TLS }, (_, response) => response.end());
  t.after(() => secure.close());
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  assert.equal(await check((secure.address() as AddressInfo).port), 0, 'with TLS');
});

async function pageServer(t: TestContext) {
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/' ? status : 404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  t.after(() => server.close());
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    answerWith: (code: number) => {
      status = code;
    },
    close,
  };
}

/** The lines of one service in the compose file. */
function composeService(name: string, file = COMPOSE): string {
  const [, body] = file.split(new RegExp(`^  ${name}:$`, 'm'));
  assert.ok(body !== undefined, `there is no service ${name}`);
  return body.split(/^(?: {2})?\w+:$/m)[0]!;
}

function composeEnvironment(service: string, file = COMPOSE): Record<string, string> {
  const block = /^ {4}environment:\n((?: {6}.*\n)+)/m.exec(composeService(service, file))?.[1] ?? '';
  return Object.fromEntries(
    [...block.matchAll(/^ {6}(\w+): (.+)$/gm)].map(([, name, value]) => [name, value]),
  );
}

test('in the compose project Tickwire listens where OpenAlgo and its clients look for it', () => {
  const { websocketPort, zmqPort } = CONFIG_OPTIONS;
  const port = `\${${websocketPort.env}:-${websocketPort.default}}`;
  const tickwire = composeService('tickwire');
  assert.ok(tickwire.includes(`- "127.0.0.1:${port}:${port}"`));
  assert.ok(tickwire.includes(`- "\${${zmqPort.env}:-${zmqPort.default}}"`));
  assert.deepEqual(composeEnvironment('tickwire'), {
    WEBSOCKET_HOST: '0.0.0.0',
    ZMQ_HOST: '0.0.0.0',
    TICKWIRE_WEBSOCKET_ALLOW_PLAIN: '"true"',
    WEBSOCKET_PORT: port,
  });
  for (const name of Object.keys(composeEnvironment('tickwire'))) assert.ok(OPTION_NAMES.has(name), name);
  // Where the service is called so, the name in .env is that of a host.
  assert.match(COMPOSE, /^# {3}ZMQ_HOST = 'tickwire' /m);
  assert.match(COMPOSE, /^# {3}WEBSOCKET_HOST = 'tickwire' /m);
});

test('in the compose project OpenAlgo gives up the port, and both see the same database, stats file and .env', () => {
  assert.deepEqual(composeEnvironment('openalgo'), { APP_MODE: 'standalone' });
  assert.match(composeService('openalgo'), /ports: !override\n +- "127\.0\.0\.1:[^"]*:5000"\n/);
  const mounts = [...composeService('tickwire').matchAll(/^ {6}- ([\w./]+):(\/\S+?)(:ro)?$/gm)];
  assert.deepEqual(
    mounts.map(([, from, to, mode]) => [from, to, mode]),
    [
      ['openalgo_db', `${IMAGE_DIRECTORY}/db`, undefined],
      ['openalgo_log', `${IMAGE_DIRECTORY}/log`, undefined],
      ['./.env', `${IMAGE_DIRECTORY}/.env`, ':ro'],
    ],
  );
  const dockerfile = /^ {6}dockerfile: (\S+)$/m.exec(COMPOSE)?.[1];
  assert.equal(dockerfile, 'deploy/Dockerfile');
});

test('in the compose project of feed host and proxies each runs its role, and they find each other', () => {
  const command = (service: string) =>
    execForm(/^ {4}command: (.+)$/m.exec(composeService(service, PROXIES))?.[1] ?? '[]');
  for (const role of ['feed', 'proxy']) assertStarts(command(role), role);
  const env = {
    ...composeEnvironment('feed', PROXIES),
    ...composeEnvironment('proxy', PROXIES),
  };
  for (const name of ['TICKWIRE_BUS_ALLOW_PLAIN', 'TICKWIRE_WEBSOCKET_ALLOW_PLAIN'])
    env[name] = JSON.parse(env[name] ?? '""');
  const { config } = loadConfig({ argv: [], env, cwd: '/nonexistent' });
  const port = new URL(config.busEndpoint.replace('tcp:', 'http:')).port;
  assert.deepEqual(config.feeds, [[`tcp://feed:${port}`]]);
  assert.equal(config.busAllowPlain, true);
  assert.equal(chooseListenerTls(config, '/nonexistent'), null);
  const exposed = [...composeService('feed', PROXIES).matchAll(/^ {6}- "(\d+)"$/gm)].map(([, each]) => each);
  assert.deepEqual(exposed, [port, String(Number(port) + 1)]);
  assert.ok(composeService('feed', PROXIES).includes(`- tickwire_db:${IMAGE_DIRECTORY}/db`));
  assert.match(composeService('proxy', PROXIES), /replicas: 2\n.*\n.*\n +- "127\.0\.0\.1:8765-8766:8765"/);
});

test('a feed host in a container is healthy while its bus is bound, and unhealthy when it is not', async (t) => {
  const [, node, flag, script] = execForm(
    /^ {6}test: (.+)$/m.exec(composeService('feed', PROXIES))?.[1] ?? '[]',
  );
  assert.equal(node, 'node');
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const check = async () => {
    const args = [flag!, script!.replace('5556', String(address.port))];
    const [code] = await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit');
    return code;
  };
  assert.equal(await check(), 0);
  server.close();
  await once(server, 'close');
  assert.equal(await check(), 1);
});

test('the line of start.sh that starts the Python proxy is replaced, wherever it stands, and no other', () => {
  const script = [
    'echo "Starting WebSocket proxy server on port 8765..."',
    '/app/.venv/bin/python -m websocket_proxy.server &',
    'WEBSOCKET_PID=$!',
    '        python -m websocket_proxy.server &',
    'exec /app/.venv/bin/gunicorn app:app',
    '',
  ];
  const expression =
    /^ {6}- sed '([^']+)' \/app\/start\.sh > \/tmp\/start\.sh && exec bash \/tmp\/start\.sh$/m.exec(
      composeService('openalgo'),
    )?.[1];
  assert.ok(expression !== undefined);
  const { stdout } = spawnSync('sed', [expression], { input: script.join('\n'), encoding: 'utf8' });
  const expected = [...script];
  expected[1] = 'sleep infinity &';
  expected[3] = '        sleep infinity &';
  assert.deepEqual(stdout.split('\n'), expected);
});

test('no option of ours is named in these files that does not exist', () => {
  for (const path of [
    'deploy/tickwire.service',
    'deploy/Dockerfile',
    'deploy/docker-compose.openalgo.yml',
    'deploy/docker-compose.proxies.yml',
    'MIGRATION.md',
  ]) {
    for (const [name] of read(path).matchAll(/\bTICKWIRE_[A-Z_]+\b/g))
      assert.ok(OPTION_NAMES.has(name), name);
  }
});

/** What the compose files in `deploy/` say must be what the program, its image and Compose really have. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chooseListenerTls } from '../../src/main/config/client-listener.ts';
import { readFlagValues } from '../../src/main/config/flag-values.ts';
import { loadConfig } from '../../src/main/config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { COMPOSE_NAMES, composeFile, composeService } from '../support/compose-file.ts';
import { parseYaml } from '../support/yaml-file.ts';

const DEPLOY = new URL('../../deploy/', import.meta.url);
const OPTION_NAMES = new Set(CONFIG_KEYS.map((key) => CONFIG_OPTIONS[key].env));
/** The working directory of the image. */
const IMAGE_DIRECTORY = '/app';
const ALONE = composeFile('docker-compose.yml');
const BESIDE_OPENALGO = composeFile('docker-compose.openalgo.yml');
const PROXIES = composeFile('docker-compose.proxies.yml');
const { websocketPort, zmqPort, opsPort } = CONFIG_OPTIONS;

/** Our services of all files. */
const OWN_SERVICES = COMPOSE_NAMES.flatMap((name) =>
  Object.entries(composeFile(name).services)
    .filter(([, { image }]) => image?.startsWith('tickwire:'))
    .map(([service, settings]) => ({ where: `${name}: ${service}`, settings })),
);

const ofInterpolation = (value: string) => value.replaceAll(/\$\{(\w+):-([^}]*)\}/g, '$2');

test('every container of ours has options that exist, with values that the engine takes', () => {
  assert.equal(OWN_SERVICES.length, 4);
  for (const { where, settings } of OWN_SERVICES) {
    const given = Object.entries(settings.environment ?? {});
    assert.ok(given.length > 0, where);
    for (const [name, value] of given) {
      assert.ok(OPTION_NAMES.has(name), `${where}: ${name}`);
      assert.equal(typeof value, 'string', `${where}: ${name} is no text in YAML`);
    }
    const env = Object.fromEntries(given.map(([name, value]) => [name, ofInterpolation(value)]));
    const { config } = loadConfig({ argv: [], env, cwd: '/nonexistent' });
    assert.equal(chooseListenerTls(config, '/nonexistent'), null, where);
  }
});

test('every container of ours has a read-only file system, no capabilities, and only the volumes that it writes into', () => {
  for (const { where, settings } of OWN_SERVICES) {
    assert.equal(settings.read_only, true, where);
    assert.deepEqual(settings.tmpfs, ['/tmp'], where);
    assert.deepEqual(settings.cap_drop, ['ALL'], where);
    const written = (settings.volumes ?? []).filter((each) => !each.endsWith(':ro'));
    for (const volume of written) assert.match(volume, /:\/app\/(db|log)$/, where);
  }
});

test('no port is published beyond the loopback address of the host, and that of the dashboard reaches it', () => {
  for (const name of COMPOSE_NAMES) {
    for (const { ports = [] } of Object.values(composeFile(name).services))
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
  }
  const dashboards = OWN_SERVICES.filter(({ settings }) =>
    settings.ports?.includes(`127.0.0.1:${opsPort.default}:${opsPort.default}`),
  );
  assert.equal(dashboards.length, COMPOSE_NAMES.length);
  for (const { where, settings } of dashboards)
    assert.equal(settings.environment?.TICKWIRE_OPS_HOST, '0.0.0.0', where);
});

test('what the files build from and mount from this repository is there, and every volume and secret is declared', () => {
  for (const name of COMPOSE_NAMES) {
    const file = composeFile(name);
    for (const [service, { build, volumes = [], secrets = [] }] of Object.entries(file.services)) {
      // Beside OpenAlgo paths begin at its directory, next to ours.
      const isOurs = name !== 'docker-compose.openalgo.yml';
      if (build !== undefined) {
        assert.equal(build.dockerfile, 'deploy/Dockerfile');
        assert.equal(build.context, isOurs ? '..' : '../tickwire');
      }
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.'))
          assert.ok(!isOurs || existsSync(new URL(source, DEPLOY)), `${name}: ${source}`);
        else if (isOurs) assert.ok(source in (file.volumes ?? {}), `${name}, ${service}: ${source}`);
      }
      for (const secret of secrets)
        assert.ok(secret in (file.secrets ?? {}), `${name}, ${service}: ${secret}`);
    }
  }
});

test('Prometheus of the compose project asks the engine for its metrics with the key that the engine has', () => {
  const { command = [], secrets } = composeService(ALONE, 'prometheus');
  const path = command[0]?.replace('--config.file=/etc/prometheus/', 'prometheus/') ?? '';
  const text = readFileSync(new URL(path, DEPLOY), 'utf8');
  const config = parseYaml<{
    readonly rule_files: readonly string[];
    readonly scrape_configs: readonly {
      readonly static_configs: readonly { readonly targets: readonly string[] }[];
      readonly authorization: { readonly credentials_file: string };
    }[];
  }>(text);
  const [scrape] = config.scrape_configs;
  assert.deepEqual(scrape?.static_configs[0]?.targets, [`tickwire:${opsPort.default}`]);
  assert.deepEqual(
    secrets?.map((name) => `/run/secrets/${name}`),
    [scrape.authorization.credentials_file],
  );
  const variable = ALONE.secrets?.[secrets?.[0] ?? '']?.environment ?? '';
  assert.equal(composeService(ALONE, 'tickwire').environment?.[variable], `\${${variable}:-}`);
  assert.equal(variable, CONFIG_OPTIONS.viewerKey.env);
  for (const file of config.rule_files) assert.ok(existsSync(new URL(`prometheus/${file}`, DEPLOY)), file);
  for (const name of ['prometheus', 'grafana'])
    assert.deepEqual(composeService(ALONE, name).profiles, ['monitoring'], 'asked for by name only');
});

test('beside OpenAlgo Tickwire listens where OpenAlgo and its clients look for it', () => {
  const port = `\${${websocketPort.env}:-${websocketPort.default}}`;
  const { ports = [], expose = [], environment = {} } = composeService(BESIDE_OPENALGO, 'tickwire');
  assert.ok(ports.includes(`127.0.0.1:${port}:${port}`));
  assert.deepEqual(expose, [`\${${zmqPort.env}:-${zmqPort.default}}`]);
  assert.equal(environment.WEBSOCKET_PORT, port);
  for (const name of ['WEBSOCKET_HOST', 'ZMQ_HOST']) assert.equal(environment[name], '0.0.0.0');
  // Where the service is called so, the name in .env is that of a host.
  const text = readFileSync(new URL('docker-compose.openalgo.yml', DEPLOY), 'utf8');
  assert.match(text, /^# {3}ZMQ_HOST = 'tickwire' /m);
  assert.match(text, /^# {3}WEBSOCKET_HOST = 'tickwire' /m);
});

test('beside OpenAlgo it gives up the port, and both see the same database, stats file and .env', () => {
  const openalgo = composeService(BESIDE_OPENALGO, 'openalgo');
  assert.deepEqual(openalgo.environment, { APP_MODE: 'standalone' });
  const text = readFileSync(new URL('docker-compose.openalgo.yml', DEPLOY), 'utf8');
  assert.match(text, /ports: !override\n +- "127\.0\.0\.1:[^"]*:5000"\n/);
  assert.deepEqual(composeService(BESIDE_OPENALGO, 'tickwire').volumes, [
    `openalgo_db:${IMAGE_DIRECTORY}/db`,
    `openalgo_log:${IMAGE_DIRECTORY}/log`,
    `./.env:${IMAGE_DIRECTORY}/.env:ro`,
  ]);
});

test('feed host and proxies run each its role, and find each other', () => {
  const feed = composeService(PROXIES, 'feed');
  const proxy = composeService(PROXIES, 'proxy');
  for (const [role, { command = [] }] of Object.entries({ feed, proxy })) {
    assert.deepEqual(command.slice(0, 3), ['node', '/opt/tickwire/dist/main/index.js', role]);
    assert.deepEqual([...readFlagValues(command.slice(3))], [['supervise', 'false']]);
  }
  const { config } = loadConfig({
    argv: [],
    env: { ...feed.environment, ...proxy.environment },
    cwd: '/nonexistent',
  });
  const port = new URL(config.busEndpoint.replace('tcp:', 'http:')).port;
  assert.deepEqual(config.feeds, [[`tcp://feed:${port}`]]);
  assert.equal(config.busAllowPlain, true);
  assert.deepEqual(feed.expose, [port, String(Number(port) + 1)]);
  assert.deepEqual(feed.volumes, [`tickwire_db:${IMAGE_DIRECTORY}/db`]);
  assert.equal(proxy.deploy?.replicas, 2);
  assert.deepEqual(proxy.ports, [
    `127.0.0.1:${websocketPort.default}-${websocketPort.default + 1}:${websocketPort.default}`,
  ]);
  assert.match(proxy.environment?.TICKWIRE_CONTROL_SOCKET ?? '', /^\/tmp\//, 'where it may be written');
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
  const [bash, flag, line = ''] = composeService(BESIDE_OPENALGO, 'openalgo').command ?? [];
  assert.deepEqual([bash, flag], ['bash', '-c']);
  const expression = /^sed '([^']+)' \/app\/start\.sh > \/tmp\/start\.sh && exec bash \/tmp\/start\.sh$/.exec(
    line,
  )?.[1];
  assert.ok(expression !== undefined);
  const { stdout } = spawnSync('sed', [expression], { input: script.join('\n'), encoding: 'utf8' });
  const expected = [...script];
  expected[1] = 'sleep infinity &';
  expected[3] = '        sleep infinity &';
  assert.deepEqual(stdout.split('\n'), expected);
});

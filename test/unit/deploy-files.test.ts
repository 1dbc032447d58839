/** What the files in `deploy/` and the migration page say must be what the program and its package really have. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readFlagValues } from '../../src/main/config/flag-values.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { CONFIGURATION_EXIT_CODE } from '../../src/main/errors.ts';
import { statsPath } from '../../src/main/ops/stats-file.ts';
import { COMPOSE_NAMES } from '../support/compose-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TEST_TLS } from '../support/tls-identity.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const UNIT = readUnit(read('deploy/tickwire.service'));
const DOCKERFILE = readDockerfile(read('deploy/Dockerfile'));
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

/** Fails unless the words run a command of the built program. @returns its flags */
function flagsOf([node, script, ...words]: readonly string[], command: string): [string, unknown][] {
  assert.ok(node === 'node' || node?.endsWith('/node_modules/.bin/node'), node);
  // `npm run build` compiles src/ to dist/.
  const source = script?.replace(/^\/opt\/tickwire\/dist\/(.+)\.js$/, 'src/$1.ts');
  assert.equal(source, 'src/main/index.ts');
  assert.ok(existsSync(new URL(source, ROOT)));
  assert.equal(words[0], command);
  return [...readFlagValues(words.slice(1))];
}

/** Fails unless the words are how the built program is started for somebody else's supervision. */
function assertStarts(words: readonly string[]): void {
  assert.deepEqual(flagsOf(words, 'start'), [['supervise', 'false']]);
}

test("systemd starts the built program in OpenAlgo's directory, without a second supervisor", () => {
  assertStarts(unitValue('Service.ExecStart').split(' '));
  assert.equal(unitValue('Service.WorkingDirectory'), UNIT_DIRECTORY);
  assert.equal(UNIT.has('Service.EnvironmentFile'), false);
});

test('systemctl reload asks the running engine to read its configuration again', () => {
  assert.deepEqual(flagsOf(unitValue('Service.ExecReload').split(' '), 'reload'), []);
});

const HAS_SYSTEMD = spawnSync('systemd-analyze', ['--version']).status === 0;

test('systemd finds nothing wrong with the unit', { skip: !HAS_SYSTEMD && 'no systemd here' }, (t) => {
  const unit = join(temporaryDirectory(t), 'tickwire.service');
  // It looks for the programs of a unit, and this one's is where no package is.
  const text = read('deploy/tickwire.service');
  writeFileSync(unit, text.replaceAll('/opt/tickwire/node_modules/.bin/node', process.execPath));
  const { stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8', timeout: 10_000 });
  assert.deepEqual(
    stderr.split('\n').filter((line) => line.includes('tickwire.service')),
    [],
  );
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

/** What of the package is there to be read or copied, and is not needed to run it. */
const NOT_RUN = /\.md$|^(bench|clients|deploy|docs|examples|src)(\/|$)/;

test('the image has all that the package has to run', () => {
  const { files }: { files: readonly string[] } = JSON.parse(read('package.json'));
  const last = DOCKERFILE.findLastIndex(({ name }) => name === 'FROM');
  const copied = DOCKERFILE.slice(last).flatMap(({ name, rest }) => {
    if (name !== 'COPY') return [];
    // From the checkout, or from where it was built; each under its own name, into the program's directory.
    const [source, target] = rest.replace(/^--from=build \/opt\/tickwire\//, '').split(' ');
    assert.ok(target === source || target === './', rest);
    return source!;
  });
  const needed = [...files.filter((path) => !NOT_RUN.test(path)), 'package.json', 'node_modules'];
  assert.deepEqual(copied.toSorted(), needed.toSorted());
});

test('the image opens the ports of clients and dashboard, on an address that is reached from outside the container', () => {
  const { websocketPort, websocketHost, opsPort, opsHost } = CONFIG_OPTIONS;
  assert.deepEqual(instructions('EXPOSE'), [`${websocketPort.default} ${opsPort.default}`]);
  const pairs = instructions('ENV').flatMap((rest) => rest.split(' '));
  assert.deepEqual(pairs, ['NODE_ENV=production', `${websocketHost.env}=0.0.0.0`, `${opsHost.env}=0.0.0.0`]);
});

test('the container is healthy while the engine says so, and unhealthy when it does not or nobody listens', async (t) => {
  const [, ...args] = execForm(instructions('HEALTHCHECK')[0]!);
  const check = async (port: number) => {
    const env = { ...process.env, TICKWIRE_OPS_PORT: String(port) };
    const [code] = await once(spawn(process.execPath, args, { env, stdio: 'ignore' }), 'exit');
    return code;
  };
  const { port, answerWith, close } = await healthServer(t);
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

async function healthServer(t: TestContext) {
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? status : 404).end();
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

test('the command of the package is the one in the container, so that operators find it there', () => {
  const { bin } = JSON.parse(read('package.json'));
  assert.ok(instructions('COPY').includes('bin bin'));
  assert.ok(instructions('RUN').includes(`ln -s /opt/tickwire/${bin.tickwire} /usr/local/bin/tickwire`));
  assert.ok(statSync(new URL(bin.tickwire, ROOT)).mode & 0o111, 'it can be executed');
});

test('no option of ours is named in these files that does not exist', () => {
  for (const path of [
    'deploy/tickwire.service',
    'deploy/Dockerfile',
    ...COMPOSE_NAMES.map((name) => `deploy/${name}`),
    'MIGRATION.md',
  ]) {
    for (const [name] of read(path).matchAll(/\bTICKWIRE_[A-Z_]+\b/g))
      assert.ok(OPTION_NAMES.has(name), name);
  }
});

/** The engine where nothing can be written but what the compose file names: a mount namespace stands for the container. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { composeFile, composeService } from '../support/compose-file.ts';
import { endWithTest } from '../support/end-with-test.ts';
import { CLI } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const IMAGE_DIRECTORY = '/app';
/** Of a process on a machine that is busy with many others. */
const START_TIMEOUT_MS = 40_000;
/** Everything is read-only, then the volumes are not; without a capability nobody can change that, or pass by it. */
const IN_CONTAINER = `
set -e
mount --bind "$PWD" "$PWD"
for volume in $VOLUMES; do mount --bind $volume $volume; done
mount -o remount,bind,ro /
mount -o remount,bind,ro "$PWD"
cd / && cd "$OLDPWD"
if touch "$PWD/probe" 2>/dev/null; then echo "it is not read-only"; exit 1; fi
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
`;

/** What the image asks, behind the name of the program. */
function healthCheck(): readonly string[] {
  const dockerfile = readFileSync(new URL('../../deploy/Dockerfile', import.meta.url), 'utf8');
  return JSON.parse(/^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]').slice(1);
}

const canUnshare = spawnSync('unshare', ['--mount', 'true']).status === 0;

test('with a read-only file system and the volumes of the compose file the engine runs, and complains of nothing', async (t) => {
  if (!canUnshare) return t.skip('mounts are not ours to change here');
  const cwd = temporaryDirectory(t);
  const { volumes = [] } = composeService(composeFile('docker-compose.yml'), 'tickwire');
  const written = volumes.map((volume) => volume.split(':')[1]!.replace(IMAGE_DIRECTORY, cwd));
  for (const directory of written) mkdirSync(directory);
  const flags = ['--no-supervise', '--websocket-port=0', '--ops-port=0', '--bus-endpoint=inproc://container'];
  const child = spawn(
    'unshare',
    ['--mount', 'bash', '-c', IN_CONTAINER, 'bash', process.execPath, CLI, 'start', ...flags],
    { cwd, env: { ...process.env, VOLUMES: written.join(' ') }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  endWithTest(t, child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const keyOf = () => {
    assert.equal(child.exitCode, null, output);
    return /^Demo key: (\w+)$/m.exec(output)?.[1];
  };
  const key = await until('the demo key', keyOf, START_TIMEOUT_MS);
  const address = /Clients connect to ws:\/\/(127\.0\.0\.1:\d+)/.exec(output)?.[1];
  const client = await TestClient.connect(`ws://${address}`, key);
  await client.subscribe('NSE', 'RELIANCE');
  await until('a tick', () => client.ticks().length > 0);
  assert.ok(readdirSync(join(cwd, 'db')).includes('tickwire.sock'), 'commands reach it');
  const opsPort = /Open http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
  const health = spawnSync(process.execPath, healthCheck(), { env: { TICKWIRE_OPS_PORT: opsPort } });
  assert.equal(health.status, 0, 'the health check of the image');
  const warnings = output
    .split('\n')
    .filter((line) => /"level":[4-6]0/.test(line) && !line.includes('memoryBound'));
  assert.deepEqual(warnings, []);
  child.kill('SIGTERM');
  assert.equal(await until('the end', () => child.exitCode ?? child.signalCode), 0, output);
  assert.deepEqual(readdirSync(cwd), ['db'], 'nothing else was written');
});

/** Who installs the package gets a command that works; apart from the other tests, since it asks npm's registry. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { InstalledPackage } from '../support/installed-package.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** What somebody writes who has installed the package. */
const PROGRAM = `
import { connect } from 'tickwire/client';
const [url, key] = process.argv.slice(2);
const client = connect({ url, key, framing: 'msgpack' });
for await (const tick of client.subscribe('NSE:RELIANCE', 'ltp')) {
  console.log(tick.symbol, tick.ltp);
  break;
}
client.close();
`;
/** Three times of what a start may take on a machine that has nothing else to do. */
const START_LIMIT_S = 6;

test('the packed and installed command tells its version and help, and serves live ticks until it is asked to stop', async (t) => {
  const installed = await InstalledPackage.make(t);
  const manifest = installed.manifest();

  await t.test('the tarball has what the package names, and neither sources nor tests', () => {
    const entries =
      JSON.stringify([manifest.bin, manifest.exports ?? null]).match(/"[^"]+\.(?:js|d\.ts)"/g) ?? [];
    assert.ok(entries.length > 0);
    for (const entry of entries) {
      const path = JSON.parse(entry).replace(/^\.\//, '');
      assert.ok(installed.files.includes(path), path);
    }
    const foreign = installed.files.filter((path) =>
      /^(?!examples\/).*(?<!\.d)\.ts$|^(?:src|test|bench)\/(?!codec\/tick\.fbs|README\.md|report\/)/.test(
        path,
      ),
    );
    assert.deepEqual(foreign, []);
    assert.ok(
      installed.files.every((path) => existsSync(join(installed.directory, 'node_modules/tickwire', path))),
    );
  });

  await t.test('what its documents link to, or name as something to take, is in the tarball', () => {
    const { version } = manifest;
    assert.ok(
      readFileSync(join(installed.directory, 'node_modules/tickwire/CLIENTS.md'), 'utf8').includes(
        `tickwire-${version}.tgz`,
      ),
      'the way to install it',
    );
    const missing: string[] = [];
    let links = 0;
    for (const document of installed.files.filter((path) => path.endsWith('.md'))) {
      const text = readFileSync(join(installed.directory, 'node_modules/tickwire', document), 'utf8');
      const linked = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, path = '']) =>
        posix.join(posix.dirname(document), path),
      );
      const named = [...text.matchAll(/`((?:clients|deploy|docs|examples)\/[\w./-]+\.\w+)`/g)].map(
        ([, path = '']) => path,
      );
      links += linked.length;
      for (const path of [...linked, ...named])
        if (!installed.files.includes(path)) missing.push(`${document}: ${path}`);
    }
    assert.ok(links > 50, `${links} links`);
    assert.deepEqual(missing, []);
  });

  await t.test('version and help', async () => {
    const cwd = temporaryDirectory(t);
    const version = await installed.run(cwd, '--version');
    assert.deepEqual(version, { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    const help = await installed.run(cwd, 'help');
    assert.equal(help.code, 0, help.stderr);
    assert.match(help.stdout, /^Usage:\n {2}tickwire <command>/m);
    assert.deepEqual(readdirSync(cwd), [], 'neither of them writes anything');
    const onThisNode = await promisify(execFile)(process.execPath, [installed.bin, '--version'], { cwd });
    assert.equal(onThisNode.stdout, version.stdout, 'on the Node.js that it needs, too');
  });

  await t.test('a wrong command ends with the exit code that scripts expect', async () => {
    const { code, stderr } = await installed.run(temporaryDirectory(t), 'strat');
    assert.equal(code, 64);
    assert.match(stderr, /^tickwire: COMMAND_INVALID: There is no command "strat"/);
    const bench = await installed.run(temporaryDirectory(t), 'bench');
    assert.equal(bench.code, 78);
    assert.match(bench.stderr, /^tickwire: BENCH_MISSING: .*npm run bench/);
  });

  await t.test('start: a tick for a client, then an orderly end', async () => {
    const cwd = temporaryDirectory(t);
    const { child, output } = installed.start(
      cwd,
      'start',
      '--websocket-port=0',
      `--bus-endpoint=ipc://${cwd}/bus`,
    );
    const beganAt = performance.now();
    const key = await InstalledPackage.printed(output, /^Demo key: (\w+)$/m);
    const seconds = (performance.now() - beganAt) / 1000;
    assert.ok(seconds < START_LIMIT_S, `it ran after ${seconds.toFixed(2)} s`);
    const address = await InstalledPackage.printed(output, /Clients connect to (ws:\S+)/);
    const link = await InstalledPackage.printed(output, /Open (http:\S+)/);
    for (const path of ['/', '/uplot/uPlot.iife.min.js', '/healthz'])
      assert.equal((await fetch(new URL(path, link))).status, 200, path);
    const client = await TestClient.connect(address, key);
    await client.subscribe('NSE', 'RELIANCE');
    await until('ticks', () => client.ticks().length > 1);
    writeFileSync(join(installed.directory, 'program.mjs'), PROGRAM);
    const program = promisify(execFile)(process.execPath, ['program.mjs', address, key], {
      cwd: installed.directory,
    });
    assert.match((await program).stdout, /^RELIANCE \d+(\.\d+)?\n$/, 'a program with tickwire/client');
    child.kill('SIGHUP');
    await until('the reload', () => output.stderr.includes('the configuration was reloaded'));
    child.kill('SIGTERM');
    assert.equal((await client.untilClosed()).code, 1001);
    const exit = await until('the end', () => child.exitCode ?? child.signalCode);
    assert.equal(exit, 0, output.stderr);
  });
});

/** The dashboard of an engine that somebody runs from the command line: its address, its keys, and other keys by a reload. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { CliProcess } from '../support/cli-process.ts';
import { LiveDashboard } from '../support/live-dashboard.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const [FIRST, SECOND, VIEWER] = ['the first key of all', 'a second key of mine', 'a key to look with'];

test('an operator finds the dashboard, and changes its keys while it runs', async (t) => {
  const cwd = temporaryDirectory(t);
  const write = (...lines: readonly string[]) => writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
  const dashboard = (...flags: readonly string[]) => runCli(['dashboard', ...flags], { cwd });
  const engine = await CliProcess.spawn(t, ['--ops-port=0'], undefined, cwd);
  const demoKey = await engine.untilRunning();
  await until('the control socket', () => existsSync(join(cwd, 'db/tickwire.sock')));
  const link = /^Tickwire is running\. Open (\S+)$/m.exec(engine.output)?.[1] ?? '';
  const url = new URL('/', link).href;

  await t.test('the demo prints the link with its key, and tickwire dashboard tells it again', async () => {
    assert.equal(link, `${url}#key=${demoKey}`);
    assert.deepEqual(await dashboard(), { code: 0, stdout: `${link}\n`, stderr: '' });
    assert.deepEqual(JSON.parse((await dashboard('--json')).stdout), { url, link });
  });

  await t.test(
    'with a key of their own the demo key opens nothing any more, also where it did before',
    async () => {
      const before = await LiveDashboard.open(t, url, demoKey);
      write(`TICKWIRE_ADMIN_KEY='${FIRST}'`, `TICKWIRE_VIEWER_KEY='${VIEWER}'`);
      const { stdout } = await runCli(['reload'], { cwd });
      assert.match(stdout, /In force now: TICKWIRE_ADMIN_KEY: .*In force now: TICKWIRE_VIEWER_KEY: /s);
      assert.deepEqual(await before.untilClosed(), { code: 4401, reason: 'KEY_CHANGED' });
      assert.equal((await dashboard()).stdout, `${url}#key=${encodeURIComponent(FIRST)}\n`);
      const refused = await LiveDashboard.connect(t, url);
      refused.say({ key: demoKey });
      assert.equal((await refused.untilClosed()).reason, 'WRONG_KEY');
    },
  );

  await t.test('who keeps the key stays connected when another one changes', async () => {
    const operator = await LiveDashboard.open(t, url, FIRST);
    const viewer = await LiveDashboard.open(t, url, VIEWER);
    write(`TICKWIRE_ADMIN_KEY='${SECOND}'`, `TICKWIRE_VIEWER_KEY='${VIEWER}'`);
    await runCli(['reload'], { cwd });
    assert.equal((await operator.untilClosed()).reason, 'KEY_CHANGED');
    const renewed = await LiveDashboard.open(t, url, SECOND);
    assert.equal(viewer.closed, null);
    const { options } = await renewed.ask({ do: 'config' }, 'config');
    const row = (options as { name: string }[]).find(({ name }) => name === 'TICKWIRE_ADMIN_KEY');
    assert.partialDeepStrictEqual(row, { value: '(set)', source: '.env', reloadable: true });
  });

  await t.test('one key for both is refused, and nothing changes', async () => {
    write(`TICKWIRE_ADMIN_KEY='${VIEWER}'`, `TICKWIRE_VIEWER_KEY='${VIEWER}'`);
    const { code, stderr } = await runCli(['reload'], { cwd });
    assert.equal(code, 78);
    assert.match(stderr, /TICKWIRE_VIEWER_KEY is the same as TICKWIRE_ADMIN_KEY/);
    await LiveDashboard.open(t, url, SECOND);
  });

  await t.test('no key that was configured is printed or logged', () => {
    for (const key of [FIRST, SECOND, VIEWER]) assert.ok(!engine.output.includes(key), key);
  });
});

test("with a real broker an open dashboard's key opens it again after the engine was killed", async (t) => {
  const cwd = temporaryDirectory(t);
  const port = await adjacentPorts();
  const flags = ['--broker=angel', `--ops-port=${port}`];
  const parent = await CliProcess.spawn(t, flags, undefined, cwd);
  const linkOf = () =>
    until('the link', async () => (await runCli(['dashboard'], { cwd })).stdout.trim() || undefined, 20_000);
  const demoKey = await parent.untilRunning();
  const link = await linkOf();
  const [url, key] = link.split('#key=');
  assert.notEqual(key, demoKey);
  const before = await LiveDashboard.open(t, url!, key!);
  const engine = await parent.engine();
  process.kill(engine, 'SIGKILL');
  await before.untilClosed();
  await until('the next engine', async () => (await parent.engine()) !== engine);
  assert.equal(await linkOf(), link);
  assert.equal((await (await LiveDashboard.open(t, url!, key!)).message('welcome')).rights, 'admin');
  assert.ok(!parent.output.includes(key!), 'the log does not have it');
});

/**
 * The tutorial as its reader follows it: every command in its order, from the clone of this repository on. What is not
 * committed is not in the clone. Apart from the other tests, since it may ask npm's registry.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { launchBrowser, openPage } from '../support/browser.ts';
import { inkOf, untilTicksMove } from '../support/dashboard-scene.ts';
import { createOpenAlgoDatabase, FERNET_SALT, PEPPER } from '../support/openalgo-database.ts';
import { strangersEnvironment } from '../support/strangers-environment.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Terminal } from '../support/terminal.ts';
import { missingOf, readTutorial, type TutorialStep } from '../support/tutorial.ts';
import { until } from '../support/until.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
/** From the clone to a chart that moves, what npm installs included. */
const MINUTE_MS = 60_000;
/** Pixels of a line that has grown for some seconds. */
const LEAST_INK = 20;

function openalgoDirectory(t: TestContext): string {
  const directory = temporaryDirectory(t);
  createOpenAlgoDatabase(join(directory, 'db/openalgo.db')).close();
  const env = [
    "DATABASE_URL = 'sqlite:///db/openalgo.db'",
    `API_KEY_PEPPER = '${PEPPER}'`,
    `FERNET_SALT = '${FERNET_SALT}'`,
  ];
  writeFileSync(join(directory, '.env'), `${env.join('\n')}\n`);
  return directory;
}

/** The README has a first client of its own, which is run where the tutorial runs its one. */
function withClientOfReadme(steps: readonly TutorialStep[]): TutorialStep[] {
  const readme = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
  const [, body = ''] = /^```js\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  const place = steps.findIndex(({ kind }) => kind === 'until');
  const own = steps[place]!;
  const file = { ...own, kind: 'file', argument: 'readme-client.mjs', body, expected: [] } as const;
  const run = { ...own, body: own.body.replace('first-client.mjs', file.argument) };
  return [...steps.slice(0, place + 1), file, run, ...steps.slice(place + 1)];
}

test('who follows the tutorial sees what it says, command by command, and has a moving chart within a minute', async (t) => {
  if (!existsSync(join(REPOSITORY, '.git'))) return t.skip('nothing to clone');
  const home = temporaryDirectory(t);
  const checkout = join(home, 'tickwire');
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const command = `#!/bin/sh\nexec ${checkout}/node_modules/.bin/node ${checkout}/src/main/index.ts "$@"\n`;
  writeFileSync(join(bin, 'tickwire'), command, { mode: 0o755 });
  const [clients, operator] = [await adjacentPorts(), await adjacentPorts()];
  const stranger = strangersEnvironment();
  const env = {
    ...stranger,
    WEBSOCKET_PORT: String(clients),
    TICKWIRE_OPS_PORT: String(operator),
    TICKWIRE_BUS_ENDPOINT: `ipc://${home}/bus`,
    PATH: `${bin}:${stranger.PATH}`,
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
  };
  // Every reader has these ports; here other tests have them, too.
  const withPorts = (text: string) =>
    text
      .replaceAll('127.0.0.1:8765', `127.0.0.1:${clients}`)
      .replaceAll('127.0.0.1:8770', `127.0.0.1:${operator}`);
  let first: Terminal | null = null;

  async function follow({ kind, argument, body, expected }: TutorialStep): Promise<void> {
    const patterns = expected.map(
      ({ source, flags }) =>
        new RegExp(source.replaceAll('1:8765', `1:${clients}`).replaceAll('1:8770', `1:${operator}`), flags),
    );
    if (kind === 'file') return writeFileSync(join(checkout, argument), withPorts(body));
    const key = /^Demo key: (\w+)$/m.exec(first?.output ?? '')?.[1] ?? '';
    const cwd = kind === 'openalgo' ? openalgoDirectory(t) : kind === 'clone' ? home : checkout;
    const script = withPorts(body)
      .replace('<demo key>', key)
      .replace('<address of this repository>', `file://${REPOSITORY}`);
    const terminal = new Terminal(t, script, cwd, env);
    if (kind === 'start') {
      // Of what it prints, the last line may wait for a client.
      await terminal.prints(patterns.slice(0, 1));
      first = terminal;
      return;
    }
    if (kind === 'until') {
      await terminal.prints([new RegExp(argument, 'g')]);
      terminal.signal('SIGINT');
      await terminal.end();
    } else assert.equal(await terminal.end(), 0, terminal.output);
    assert.deepEqual(missingOf(terminal.output, patterns), [], terminal.output);
  }

  const steps = withClientOfReadme(readTutorial('TUTORIAL.md'));
  assert.ok(steps.filter(({ kind }) => kind !== 'check').length >= 13);
  assert.deepEqual(
    steps.slice(0, 2).map(({ kind }) => kind),
    ['clone', 'start'],
    'two commands',
  );
  const beganAt = performance.now();
  for (const [i, step] of steps.entries()) {
    if (step.kind === 'check') continue;
    await t.test(`line ${step.line}: ${step.body.split('\n')[0]}`, () => follow(step));
    if (i !== 1) continue;
    await t.test('the printed link shows a chart and prices that move', async (scene) => {
      const browser = await launchBrowser().catch(() => null);
      if (browser === null) return scene.skip('no Chromium');
      scene.after(() => browser.close());
      const { page } = await openPage(browser, /Open (http:\S+)/.exec(first?.output ?? '')?.[1] ?? '');
      await untilTicksMove(page);
      const left = MINUTE_MS - (performance.now() - beganAt);
      await until('a line in the chart', async () => (await inkOf(page, '#rates')) > LEAST_INK, left);
      const seconds = (performance.now() - beganAt) / 1000;
      assert.ok(seconds < MINUTE_MS / 1000, `after ${seconds.toFixed(1)} s`);
      scene.diagnostic(`${seconds.toFixed(1)} s after the clone began`);
    });
  }
  const replay = first as Terminal | null;
  assert.ok(replay !== null);
  await replay.prints([/The replay begins/g]);
  replay.signal('SIGINT');
  await replay.end();
});

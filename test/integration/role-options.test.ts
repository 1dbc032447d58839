/** What OPERATIONS says that each role reads of the configuration is what it reads. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/main/config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS, type Config } from '../../src/main/config-options.ts';
import { Engine } from '../../src/main/engine.ts';
import type { EngineView } from '../../src/main/ops/engine-view.ts';
import { ProxyHost } from '../../src/main/proxy-host.ts';
import { LiveDashboard } from '../support/live-dashboard.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const OPERATIONS = readFileSync(new URL('../../OPERATIONS.md', import.meta.url), 'utf8');
const SECTION = /### Which role reads what\n(.*?)\n### /s.exec(OPERATIONS)?.[1] ?? '';
const OPTIONS = new Map(CONFIG_KEYS.map((key) => [CONFIG_OPTIONS[key].env, key]));

/** Names of options in a text, those that exist. */
function optionsIn(text: string): string[] {
  return [...text.matchAll(/`([A-Z_\d]+)`/g)].map(([, name]) => name!).filter((name) => OPTIONS.has(name));
}

/** The options in a row of the table. */
function row(name: string): string[] {
  const found = optionsIn(SECTION.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '');
  assert.ok(found.length > 0, `there is no row "${name}"`);
  return found;
}

/** A configuration that notes which options are read. */
function recordedConfig(t: TestContext, flags: readonly string[]) {
  const cwd = temporaryDirectory(t);
  const argv = ['--websocket-port=0', '--ops-port=0', `--bus-endpoint=ipc://${join(cwd, 'bus')}`, ...flags];
  const read = new Set<string>();
  const config = new Proxy<Config>(loadConfig({ argv, env: {}, cwd }).config, {
    get(values, key: keyof Config) {
      read.add(CONFIG_OPTIONS[key].env);
      return values[key];
    },
  });
  return { cwd, config, read };
}

/** Also a host without clients or without a broker shows what it is. */
async function assertDashboard(
  t: TestContext,
  { dashboard }: Pick<Engine | ProxyHost, 'dashboard'>,
  role: 'feed' | 'proxy',
): Promise<void> {
  const { url, link } = dashboard!;
  const key = decodeURIComponent(new URL(link).hash.slice('#key='.length));
  const operator = await LiveDashboard.open(t, url, key);
  const { view, page } = await operator.message('welcome');
  const { host, threads } = view as EngineView;
  assert.deepEqual(
    [host.role, host.clientUrl === null, page === null],
    [role, role === 'feed', role === 'feed'],
  );
  assert.ok(Array.isArray(threads));
}

const log = pino({ level: 'silent' });
const onFatal = (code: string) => assert.fail(code);
/** The command itself reads these, before anything runs. */
const PROCESS = [
  'LOG_LEVEL',
  'TICKWIRE_PRESET',
  'TICKWIRE_LOG_FORMAT',
  'TICKWIRE_SUPERVISE',
  'TICKWIRE_STOP_TIMEOUT_MS',
  'TICKWIRE_DRAIN_TIMEOUT',
  'TICKWIRE_DRAIN_SPREAD',
  'TICKWIRE_CONTROL_SOCKET',
];

test('a proxy reads the options that its operator finds named, and nothing of databases and brokers', async (t) => {
  const { cwd, config, read } = recordedConfig(t, []);
  const host = new ProxyHost({ config, cwd, log, onFatal });
  t.after(() => host.stop());
  await host.start();
  await assertDashboard(t, host, 'proxy');
  const named = [...row('feed hosts'), ...row('clients'), ...row('limits of clients'), ...row('the process')];
  assert.deepEqual([...read, ...PROCESS].sort(), named.sort());
});

test('a feed host reads no option of clients, nor of what only proxies do', async (t) => {
  // The simulated exchange copies the whole configuration.
  const { cwd, config, read } = recordedConfig(t, ['--broker=angel']);
  const engine = new Engine({ config, cwd, log, onFatal, servesClients: false });
  t.after(() => engine.stop());
  const { url } = await engine.start();
  assert.equal(url, null);
  await assertDashboard(t, engine, 'feed');
  const sentence = /^`feed` reads all options but.*?\. /ms.exec(SECTION)?.[0] ?? '';
  const unread = [...row('clients'), ...row('limits of clients'), ...optionsIn(sentence)];
  assert.ok(unread.length >= 20);
  assert.deepEqual(
    unread.filter((name) => read.has(name)),
    [],
  );
});

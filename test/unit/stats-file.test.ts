import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadConfig } from '../../src/main/config.ts';
import {
  formatStats,
  STATS_INTERVAL_MS,
  type Stats,
  StatsFile,
  statsPath,
} from '../../src/main/ops/stats-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const STATS: Stats = { connections: 1, symbols: 250, clients: 3, brokers: ['angel'] };

interface Setup {
  readonly file: StatsFile;
  readonly path: string;
  readonly logged: string[];
  read(): Record<string, unknown> | null;
}

function setUp(
  t: TestContext,
  options: { path?: string; intervalMs?: number; read?: () => Stats } = {},
): Setup {
  const path = options.path ?? join(temporaryDirectory(t), 'log', 'ws_proxy_stats.json');
  const logged: string[] = [];
  const note = (level: string) => (_fields: unknown, text?: string) => void logged.push(`${level}: ${text}`);
  const file = new StatsFile({
    path,
    intervalMs: options.intervalMs ?? 1,
    read: options.read ?? (() => STATS),
    log: { info: note('info'), warn: note('warn') },
  });
  t.after(() => file.stop());
  const read = () => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null);
  return { file, path, logged, read };
}

test("OpenAlgo's health page finds its five keys, in order, with the time in seconds as a float", () => {
  assert.equal(
    formatStats(STATS, 1_787_371_200_410),
    '{"timestamp": 1787371200.41, "total_connections": 1, "total_symbols": 250, "clients_connected": 3, "brokers": ["angel"]}',
  );
  assert.match(formatStats(STATS, 1_787_371_200_000), /^{"timestamp": 1787371200\.0, /);
});

test("Python's json module reads the file as OpenAlgo wrote it", (t) => {
  const text = formatStats({ ...STATS, brokers: ['angel', 'ze"rö'] }, 1_787_371_200_000);
  const script =
    'import json,sys; d=json.load(sys.stdin); print(type(d["timestamp"]).__name__, json.dumps(d))';
  const env = { ...process.env, PYTHONIOENCODING: 'utf-8' };
  const python = spawnSync('python3', ['-c', script], { input: text, encoding: 'utf8', env });
  if (python.error !== undefined) return t.skip('there is no python3');
  assert.equal(python.stdout, `float ${text.replace('ö', '\\u00f6')}\n`);
});

test('the file is there at once, in a directory that is made for it, and follows the numbers', async (t) => {
  let clients = 0;
  const { file, read } = setUp(t, { read: () => ({ ...STATS, clients }) });
  file.start();
  const first = await until('the first file', read);
  assert.deepEqual(Object.keys(first), [
    'timestamp',
    'total_connections',
    'total_symbols',
    'clients_connected',
    'brokers',
  ]);
  assert.ok(Math.abs(Number(first.timestamp) - Date.now() / 1000) < 10);
  clients = 7;
  await until('the next file', () => read()?.clients_connected === 7);
});

test('who reads while it is replaced never sees a part of a file', async (t) => {
  // Long enough for a write in place to be caught in the middle.
  const brokers = Array.from({ length: 20_000 }, (_, i) => `broker-${i}`);
  let writes = 0;
  const { file, path } = setUp(t, { read: () => ({ ...STATS, symbols: ++writes, brokers }) });
  file.start();
  await until('the first file', () => existsSync(path));
  while (writes < 30) {
    const text = readFileSync(path, 'utf8');
    assert.ok(
      text.startsWith('{"timestamp": ') && text.endsWith('"broker-19999"]}'),
      `${text.length} characters`,
    );
    await nextTurn();
  }
});

test('what a crash in the middle of a write left behind is gone after the next one', async (t) => {
  const { file, path, read } = setUp(t);
  mkdirSync(dirname(path));
  writeFileSync(`${path}.new`, '{"timestamp": 17');
  file.start();
  await until('a file', read);
  await file.stop();
  assert.deepEqual(readdirSync(dirname(path)), ['ws_proxy_stats.json']);
});

test('a file that cannot be written is reported once, and once more when it can be written again', async (t) => {
  const directory = temporaryDirectory(t);
  const blocked = join(directory, 'log');
  writeFileSync(blocked, 'a file where the directory should be');
  let attempts = 0;
  const { file, logged, read } = setUp(t, {
    path: join(blocked, 'stats.json'),
    read: () => ({ ...STATS, clients: ++attempts }),
  });
  file.start();
  await until('a report', () => logged.length > 0);
  rmSync(blocked);
  await until('a file', () => read() !== null && logged.length > 1);
  assert.deepEqual(logged, [
    'warn: the stats file cannot be written',
    'info: the stats file can be written again',
  ]);
});

test('numbers that cannot be read do not end the engine', async (t) => {
  let reads = 0;
  const { file, logged } = setUp(t, {
    read: () => {
      reads++;
      throw new Error('not now');
    },
  });
  file.start();
  await until('several attempts', () => reads > 3);
  await file.stop();
  assert.deepEqual(logged, ['warn: the stats file cannot be written']);
});

test('it is written every interval until stop, which waits for a write that is under way', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let reads = 0;
  const { file, path, read } = setUp(t, {
    intervalMs: STATS_INTERVAL_MS,
    read: () => ({ ...STATS, clients: ++reads }),
  });
  file.start();
  // A write that has been seen may still be under way for the writer, who then leaves out the next one.
  await until('a second file', () => reads === 2 || t.mock.timers.tick(STATS_INTERVAL_MS));
  await file.stop();
  assert.equal(read()?.clients_connected, 2);
  assert.deepEqual(readdirSync(dirname(path)), ['ws_proxy_stats.json']);
  t.mock.timers.tick(10 * STATS_INTERVAL_MS);
  await nextTurn();
  assert.equal(reads, 2);
});

test('WS_PROXY_STATS_FILE is relative to the working directory, may be absolute, and none writes no file', () => {
  const configured = (env: Record<string, string>) =>
    loadConfig({ argv: [], env, cwd: '/nonexistent' }).config.wsProxyStatsFile;
  assert.equal(statsPath(configured({}), '/openalgo'), '/openalgo/log/ws_proxy_stats.json');
  assert.equal(statsPath(configured({ WS_PROXY_STATS_FILE: '' }), '/o'), '/o/log/ws_proxy_stats.json');
  assert.equal(statsPath(configured({ WS_PROXY_STATS_FILE: '/run/s.json' }), '/o'), '/run/s.json');
  assert.equal(statsPath(configured({ WS_PROXY_STATS_FILE: 'None' }), '/o'), null);
});

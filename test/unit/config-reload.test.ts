/** What a reload takes over, and what it leaves as it is. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/main/config.ts';
import { ConfigReload } from '../../src/main/reload/config-reload.ts';
import { LiveConfig } from '../../src/main/reload/live-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function startWith(t: TestContext, text: string | null) {
  const cwd = temporaryDirectory(t);
  const path = join(cwd, '.env');
  if (text !== null) writeFileSync(path, text);
  const load = () => loadConfig({ argv: [], env: {}, cwd });
  const live = new LiveConfig(load().config);
  const told: { cause?: string; code?: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void told.push(JSON.parse(line)) });
  const host = { check: () => ({ clients: null, operator: null }), reload: async () => [] };
  const reload = new ConfigReload({ live, load, host, onAdopted: () => {}, log });
  return { path, live, reload, told };
}

test('an .env that is emptied or gone for an instant resets nothing, and is refused', async (t) => {
  const { path, live, reload, told } = startWith(t, 'TICKWIRE_MAX_BATCH=7\nOTHER=1\n');
  for (const text of ['', '\n# nothing yet\n', 'OTHER=1\n', 'TICKWIRE_MAX_BATCH=', null]) {
    if (text === null) rmSync(path);
    else writeFileSync(path, text);
    await assert.rejects(reload.run('a test'), { code: 'CONFIG_INVALID', message: /TICKWIRE_MAX_BATCH/ });
    assert.deepEqual([live.view.maxBatch, told.pop()?.code], [7, 'CONFIG_INVALID']);
  }
  writeFileSync(path, 'TICKWIRE_MAX_CONNECTIONS=5\n');
  const { reloaded } = await reload.run('a test');
  assert.deepEqual(
    reloaded.map(({ name }) => name),
    ['TICKWIRE_MAX_CONNECTIONS', 'TICKWIRE_MAX_BATCH'],
  );
});

test('an engine that was started without an .env reloads without one', async (t) => {
  const { reload } = startWith(t, null);
  assert.deepEqual(await reload.run('a test'), { reloaded: [], needRestart: [] });
});

test('whoever asks while a reload waits shares that one, and each reads what was written before the wish', async (t) => {
  const { path, live, reload, told } = startWith(t, 'TICKWIRE_MAX_BATCH=7\n');
  const first = Array.from({ length: 1000 }, () => reload.run('SIGHUP'));
  writeFileSync(path, 'TICKWIRE_MAX_BATCH=8\n');
  const last = await reload.run('tickwire reload');
  for (const each of await Promise.all(first)) assert.equal(each, last);
  assert.equal(last.reloaded[0]?.to, '8 symbols');
  assert.deepEqual(
    told.map(({ cause }) => cause),
    ['SIGHUP, tickwire reload'],
  );
  writeFileSync(path, 'TICKWIRE_MAX_BATCH=9\n');
  await reload.run('SIGHUP');
  assert.deepEqual([live.view.maxBatch, told.length], [9, 2]);
});

/** Connections leave the engine the files that it needs itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientLimits } from '../../src/main/admission/client-limits.ts';
import {
  OWN_FILES,
  openFileLimit,
  reportOpenFiles,
  withinOpenFiles,
} from '../../src/main/admission/open-files.ts';
import { loadConfig } from '../../src/main/config.ts';

const configured = clientLimits(loadConfig({ argv: [], env: {}, cwd: '/nonexistent' }).config);

test('limits stay as they are where the system lets the process open enough files, or tells of no limit', () => {
  const enough = OWN_FILES + configured.maxConnections + configured.maxHandshakes;
  for (const limit of [null, Number.POSITIVE_INFINITY, enough]) {
    assert.deepEqual(withinOpenFiles(configured, limit), configured);
  }
  const told: unknown[] = [];
  reportOpenFiles(configured, configured, enough, { warn: (...line: unknown[]) => told.push(line) });
  assert.deepEqual(told, []);
});

test('with fewer files connections and handshakes share what the engine itself does not need', () => {
  for (const limit of [1, OWN_FILES, 256, 300, 1024, 4096, OWN_FILES + configured.maxConnections]) {
    const { maxConnections, maxHandshakes } = withinOpenFiles(configured, limit);
    assert.ok(maxConnections >= 1 && maxHandshakes >= 1, 'a limit of 0 would be none');
    assert.ok(maxConnections + maxHandshakes <= Math.max(2, limit - OWN_FILES), `${limit} files`);
  }
  const none = { ...configured, maxConnections: 0, maxHandshakes: 0 };
  assert.deepEqual(withinOpenFiles(none, 1000), { ...none, maxConnections: 600, maxHandshakes: 200 });
});

test('whoever gets lower limits than configured is told which, and why', () => {
  const told: object[] = [];
  const limits = withinOpenFiles(configured, 1024);
  reportOpenFiles(configured, limits, 1024, { warn: (fields: object) => told.push(fields) });
  const { maxConnections, maxHandshakes } = limits;
  assert.deepEqual(told, [{ openFiles: 1024, maxConnections, maxHandshakes }]);
});

test('the limit of this process can be told', () => {
  const limit = openFileLimit('self');
  assert.ok(limit === null || limit > 0);
});

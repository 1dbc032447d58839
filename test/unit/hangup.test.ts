/** What SIGHUP means to an engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onHangup } from '../../src/main/reload/reload-request.ts';
import { pretendPlatform } from '../support/pretended-platform.ts';

test('SIGHUP reads the configuration again, but on Windows, where it is the closing of the console, it is a stop', (t) => {
  t.after(() => process.removeAllListeners('SIGHUP'));
  const meant: string[] = [];
  onHangup(
    () => meant.push('reload'),
    () => meant.push('stop'),
  );
  process.emit('SIGHUP');
  pretendPlatform(t, 'win32');
  process.emit('SIGHUP');
  assert.deepEqual(meant, ['reload', 'stop']);
});

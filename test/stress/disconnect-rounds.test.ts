import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runScene } from '../support/scene-process.ts';

test('a hundred lost connections in a row cost no tick but those of the outages, no handle and no memory', async (t) => {
  const memory = await runScene(t, './disconnect-rounds-process.ts', { execArgv: ['--expose-gc'] });
  const { rssBefore, rssAfter } = memory as { readonly rssBefore: number; readonly rssAfter: number };
  assert.ok(rssAfter < rssBefore * 1.1, `RSS was ${rssBefore} bytes and is ${rssAfter}`);
});

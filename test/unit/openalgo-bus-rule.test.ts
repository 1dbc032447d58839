import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOpenAlgoBusWanted } from '../../src/main/openalgo/openalgo-bus.ts';

test("OpenAlgo's bus is bound where an OpenAlgo database is configured, unless the option says otherwise", () => {
  const databaseUrl = 'sqlite:///db/openalgo.db';
  assert.equal(isOpenAlgoBusWanted({ openalgoBus: 'auto', databaseUrl }), true);
  assert.equal(isOpenAlgoBusWanted({ openalgoBus: 'auto', databaseUrl: null }), false);
  assert.equal(isOpenAlgoBusWanted({ openalgoBus: 'on', databaseUrl: null }), true);
  assert.equal(isOpenAlgoBusWanted({ openalgoBus: 'off', databaseUrl }), false);
});

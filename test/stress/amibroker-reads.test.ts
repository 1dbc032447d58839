/**
 * C-26: how much of a market AmiBroker's plugin sees, which decodes one frame of each socket read. When two ticks come in
 * one read depends on who else keeps the machine busy, so this runs by itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectPlugin, firstFrame } from '../support/amibroker-plugin.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { useTickTransport } from '../support/tick-source-flags.ts';
import { until } from '../support/until.ts';

/** Share of ticks that must come in a read of their own, and how often that may be tried. */
const WANTED_SHARE = 0.9;
const MAX_ROUNDS = 12;
const TICKS_PER_ROUND = 150;

for (const transport of ['ring', 'tcp'] as const) {
  test(`${transport}: AmiBroker, which decodes one frame of each socket read, misses hardly a tick of a calm market`, async (t) => {
    useTickTransport(transport);
    const { wsUrl, key } = await startEngineFixture(t, { exchange: { ticksPerSecond: 200 } });
    const plugin = await connectPlugin(wsUrl, key);
    t.after(() => plugin.socket.destroy());
    // A machine that is busy with something else reads late: the best of some rounds is what the engine does.
    let best = 0;
    for (let round = 0; round < MAX_ROUNDS && best < WANTED_SHARE; round++) {
      const from = plugin.reads.length;
      const before = plugin.frames().length;
      await until('ticks', () => plugin.frames().length >= before + TICKS_PER_ROUND);
      const frames = plugin.frames().length - before;
      const decoded = plugin.reads.slice(from).filter((read) => firstFrame(read) !== null).length;
      best = Math.max(best, decoded / frames);
    }
    t.diagnostic(`${(best * 100).toFixed(1)} % of the ticks came in a read of their own`);
    assert.ok(best >= WANTED_SHARE, `${best}`);
  });
}

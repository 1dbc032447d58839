/** The client in Python against the running engine: what a program in Python reads while networks and engines come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alwaysOpen } from '../support/calendar-file.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { NetworkGate } from '../support/network-gate.ts';
import { cannotRunPython, PythonProbe } from '../support/python-probe.ts';
import { until } from '../support/until.ts';

/** As the client in Python has it. */
interface Tick {
  readonly ltp: number;
  readonly open: number;
  readonly epoch: number;
  readonly seq: number;
  readonly snapshot: boolean;
  readonly gap: Readonly<Record<string, unknown>> | null;
}

for (const framing of ['json', 'msgpack'] as const) {
  test(`a program in Python reads every tick in ${framing}, goes on with its session when the network breaks, and is told what it missed`, {
    skip: cannotRunPython(),
  }, async (t) => {
    const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
    const watcher = await fixture.client({ features: ['sequence'] });
    await watcher.subscribe('NSE', 'RELIANCE', 2);
    const gate = await NetworkGate.listen(t);
    gate.target = Number(new URL(fixture.wsUrl).port);
    const probe = new PythonProbe(t, `ws://127.0.0.1:${gate.port}/`, fixture.key, framing);
    const ticks = () => probe.of<Tick>('tick');
    const lastSeq = () => Number(watcher.ticks().at(-1)?.seq);
    await until('the refusal', () => probe.of('refused').length === 1);
    assert.deepEqual(probe.of('refused'), ['SYMBOL_NOT_FOUND']);
    await until('ticks', () => fixture.exchange.step() ?? ticks().length > 5);

    gate.refuses = true;
    gate.reset();
    await until('the loss', () => probe.events('state').some(({ state }) => state === 'waiting'));
    probe.askStaleness();
    await until('staleness', () => probe.of<string | null>('stale').at(-1) === 'disconnected');
    const from = watcher.ticks().length;
    await until('ticks that it misses', () => fixture.exchange.step() ?? watcher.ticks().length > from + 4);
    gate.refuses = false;
    const back = await until('its return', () => ticks().find((tick) => tick.gap !== null));
    const before = ticks().indexOf(back);
    const lost = ticks()[before - 1]!;
    assert.deepEqual(
      probe.events('session').map(({ status }) => status),
      ['resumed'],
    );
    const { reason, missed, last_seq: last } = back.gap!;
    assert.deepEqual([reason, missed, last], ['away', back.seq - lost.seq - 1, lost.seq]);
    assert.equal(back.snapshot, true);

    await until('ticks', () => fixture.exchange.step() ?? ticks().length > before + 3);
    await until('the same', () => ticks().at(-1)?.seq === lastSeq());
    for (const [i, tick] of ticks().entries()) {
      if (i !== before && i > 0) assert.equal(tick.seq, ticks()[i - 1]!.seq + 1, 'each tick comes once');
      const same = watcher.ticks().find(({ seq }) => seq === tick.seq);
      assert.deepEqual([tick.ltp, tick.open], [same?.data?.ltp, same?.data?.open]);
    }
    probe.askStaleness();
    await until('freshness', () => probe.of('stale').at(-1) === null);
    await until('the callbacks', () => probe.of<number>('callback').at(-1) === lastSeq());

    probe.end();
    await until('its end', () => probe.exitCode !== null);
    assert.deepEqual([probe.exitCode, probe.of('end')], [0, [null]], probe.errors);
    assert.equal(probe.errors, 'SYMBOL_NOT_FOUND: Symbol NOPE not found for exchange NSE\n');
  });
}

/**
 * Two hosts of one feed in every order of what can happen to them: what a client reads never goes back, nothing comes
 * twice, and when things calm down the client has the last value, under the instrument's own name.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import type { FeedStatusName } from '../../src/workers/worker-messages.ts';
import { type FakeLink, FeedGroupScene, type SentTick, SNAPSHOT } from '../support/feed-group-scene.ts';

const STATUSES: readonly FeedStatusName[] = [
  'connecting',
  'live',
  'stale',
  'mute',
  'recovering',
  'market_closed',
  'session_expired',
];
const SYMBOLS = ['INFY', 'TCS'] as const;

const host = fc.nat(1);
const symbol = fc.constantFrom(...SYMBOLS);
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('tick'), symbol }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose'), host, symbol }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('repeat'), host, symbol }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drain') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link'), host, isUp: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('status'), host, symbol, status: fc.constantFrom(...STATUSES) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), host, isBack: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('need'),
      symbol,
      mode: fc.constantFrom<Mode>(MODE.LTP, MODE.QUOTE, MODE.DEPTH),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A feed host as a publisher: numbers of its own, and the last tick of each instrument. */
class Publisher {
  readonly link: FakeLink;
  epoch: number;
  readonly last = new Map<string, SentTick>();

  constructor(link: FakeLink, epoch: number) {
    this.link = link;
    this.epoch = epoch;
  }

  /** @param isLost between here and the proxy */
  tick(symbol: string, time: number, isLost = false): void {
    const before = this.last.get(symbol);
    const seq = before?.epoch === this.epoch ? before.seq + 1 : 1;
    const tick = { epoch: this.epoch, seq, time };
    this.last.set(symbol, tick);
    if (!isLost) this.#send(symbol, tick);
  }

  repeat(symbol: string): void {
    const last = this.last.get(symbol);
    if (last?.epoch === this.epoch) this.#send(symbol, { ...last, flags: SNAPSHOT });
  }

  /** Under each topic that the proxy has subscribed, lower modes first. */
  #send(symbol: string, tick: SentTick): void {
    for (const [mode, name] of ['', 'LTP', 'QUOTE', 'DEPTH'].entries()) {
      if (this.link.subscribed.has(`angel/NSE/${symbol}/${name}/`))
        this.link.sendTicks(symbol, mode as Mode, tick);
    }
  }
}

function play(steps: readonly Step[]): void {
  const scene = new FeedGroupScene(2);
  const publishers = scene.links.map((link, i) => new Publisher(link, i === 0 ? 1000 : 500));
  const entries = new Map(SYMBOLS.map((name) => [name as string, scene.hold(name, MODE.QUOTE)]));
  /** What a client of each slot read last. */
  const read = new Map<number, { epoch: number; seq: number; mode: number; time: number }>();
  let time = 1000;
  let epoch = 2000;
  const check = () => {
    for (const { slot, epoch, seq, mode, time, flags } of scene.drain()) {
      const before = read.get(slot) ?? { epoch: 0, seq: 0, mode: 0, time: 0 };
      const isNew = epoch > before.epoch || (epoch === before.epoch && seq > before.seq);
      const isHigher = epoch === before.epoch && seq === before.seq && mode > before.mode;
      assert.ok(
        isNew || isHigher,
        `slot ${slot}: ${epoch}/${seq} in mode ${mode} after ${JSON.stringify(before)}`,
      );
      assert.equal(flags & SNAPSHOT, 0);
      if (epoch === before.epoch) assert.ok(time >= before.time, 'back in time within an epoch');
      read.set(slot, { epoch, seq, mode, time });
    }
    for (const [slot, { epoch, seq }] of read) {
      const last = scene.last(slot);
      if (last !== null)
        assert.deepEqual([last.epoch, last.seq], [epoch, seq], 'the last value is what came last');
    }
  };
  for (const each of steps) {
    time++;
    switch (each.kind) {
      case 'tick':
        for (const publisher of publishers) publisher.tick(each.symbol, time);
        break;
      case 'lose':
        for (const publisher of publishers)
          publisher.tick(each.symbol, time, publisher.link.host === each.host);
        break;
      case 'repeat':
        publishers[each.host]!.repeat(each.symbol);
        break;
      case 'drain':
        check();
        break;
      case 'link':
        scene.setState(each.host, each.isUp ? 'up' : 'away');
        break;
      case 'status':
        publishers[each.host]!.link.sendStatus(each.status, time, each.symbol);
        break;
      case 'restart': {
        // What was under way is gone with the connection; the next heartbeat tells of it.
        const publisher = publishers[each.host]!;
        check();
        publisher.epoch = each.isBack ? publisher.epoch - 10 : epoch++;
        publisher.link.statuses.clear();
        scene.group.onReborn(publisher.link);
        break;
      }
      case 'need': {
        const entry = entries.get(each.symbol)!;
        entry.need(1 << each.mode);
        scene.group.update(entry);
      }
    }
  }
  // Calm: all is well at both hosts, the last of everything is repeated, and the market moves once more.
  check();
  for (const { link } of publishers) scene.setState(link.host, 'up');
  for (const publisher of publishers) {
    publisher.link.sendStatus('live', time, ...SYMBOLS);
    for (const symbol of SYMBOLS) publisher.repeat(symbol);
  }
  check();
  for (const symbol of SYMBOLS) {
    const { followed, instrument } = entries.get(symbol)!;
    const last = publishers[followed]!.last.get(symbol);
    if (last?.epoch !== publishers[followed]!.epoch) continue;
    assert.ok((read.get(instrument.slot)?.time ?? 0) >= last.time, `${symbol}: the lost last tick is healed`);
  }
  time++;
  for (const publisher of publishers) for (const symbol of SYMBOLS) publisher.tick(symbol, time);
  check();
  for (const { instrument } of entries.values()) {
    assert.equal(read.get(instrument.slot)?.time, time);
    assert.equal(scene.last(instrument.slot)?.time, time);
  }
}

test('whatever two feed hosts do, a client reads no step back, no tick twice, and has the last value in the end', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), play), { numRuns: 1500 });
});

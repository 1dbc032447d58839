import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServerMessage } from '../../src/codec/server-message.ts';
import type { Instrument } from '../../src/codec/tick.ts';
import { FeedStatusNotifier } from '../../src/workers/proxy/feed-status-notifier.ts';
import type { FeedStatusName } from '../../src/workers/worker-messages.ts';

const SLOTS = 6;
const CLIENTS = 3;
const STATUSES: readonly FeedStatusName[] = ['live', 'recovering', 'mute'];

const slot = fc.integer({ min: 0, max: SLOTS - 1 });
const client = fc.integer({ min: 0, max: CLIENTS - 1 });
const event = fc.oneof(
  fc.record({
    type: fc.constant('news' as const),
    status: fc.constantFrom(...STATUSES),
    slots: fc.uniqueArray(slot, { minLength: 1 }),
  }),
  fc.record({ type: fc.constant('hold' as const), client, slots: fc.uniqueArray(slot, { minLength: 1 }) }),
  fc.record({ type: fc.constant('release' as const), client, slot }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
);

function instrument(of: number): Instrument {
  return { slot: of, broker: 'angel', exchange: 'NSE', symbol: String(of), segment: 1, token: String(of) };
}

class Receiver {
  now = 0;
  /** The answer to a subscribe is told whatever the pace. */
  answering = false;
  readonly held = new Map<number, string>();
  readonly toldAt = new Map<unknown, number>();
  settle(): void {}
  send({ status, since, instruments }: ServerMessage): void {
    const previous = this.toldAt.get(status) ?? Number.NEGATIVE_INFINITY;
    const paused = this.now - previous;
    assert.ok(this.answering || paused === 0 || paused >= 1000, `${status} again after ${paused} ms`);
    this.toldAt.set(status, this.now);
    for (const { symbol } of instruments as { symbol: string }[]) {
      assert.ok(this.held.has(Number(symbol)), `${symbol} is not held`);
      this.held.set(Number(symbol), `${status} ${since}`);
    }
  }
}

test('whatever happens, in the end each client knows the present status of all that it holds, at the pace that was promised', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      let now = 1000;
      const notifier = new FeedStatusNotifier(() => now);
      const receivers = Array.from({ length: CLIENTS }, () => new Receiver());
      const present = new Map<number, string>();
      const pass = (ms: number) => {
        for (let i = 0; i < ms; i++) {
          now++;
          for (const receiver of receivers) receiver.now = now;
          t.mock.timers.tick(1);
        }
      };
      pass(1);
      for (const [since, each] of events.entries()) {
        if (each.type === 'news') {
          for (const one of each.slots) present.set(one, `${each.status} ${since}`);
          notifier.onNews({ ...each, type: 'feedStatus', reason: '', broker: 'angel', since });
        } else if (each.type === 'hold') {
          const receiver = receivers[each.client]!;
          for (const one of each.slots) if (!receiver.held.has(one)) receiver.held.set(one, '');
          receiver.answering = true;
          notifier.hold(receiver, each.slots.map(instrument));
          receiver.answering = false;
        } else if (each.type === 'release') {
          receivers[each.client]!.held.delete(each.slot);
          notifier.release(receivers[each.client]!, each.slot);
        } else pass(each.ms);
      }
      pass(2500);
      for (const { held } of receivers) {
        for (const [one, told] of held) assert.equal(told, present.get(one) ?? '', `slot ${one}`);
      }
      notifier.stop();
    }),
    { numRuns: 60 },
  );
});

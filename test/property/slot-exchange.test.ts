/** However two connections lag behind the exchange and whenever the handover comes, clients get each tick once and in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FLAG } from '../../src/codec/tick.ts';
import { type Connection, ExchangeScene } from '../support/exchange-scene.ts';

const TICKS = 60;

test('an instrument that moves again and again has one unbroken stream', () => {
  const step = fc.record({
    /** Ticks of the exchange that each connection reads on. */
    giver: fc.nat(6),
    taker: fc.nat(6),
    handsOver: fc.boolean(),
    drains: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.constantFrom(1, 3, 20),
      fc.boolean(),
      (steps, perSecond, hasSequence) => {
        const scene = new ExchangeScene();
        const at = new Map<Connection, number>();
        const read = (connection: Connection, count: number) => {
          const from = at.get(connection)!;
          const to = Math.min(TICKS, from + count);
          for (let n = from + 1; n <= to; n++) {
            const timeMs = Math.floor(n / perSecond) * 1000;
            connection.tick({ timeMs, seq: hasSequence ? 7 * n : 0, ltp: n });
          }
          at.set(connection, to);
        };
        let [from, to] = [0, 1];
        let giver = scene.connect(from);
        at.set(giver, 0);
        read(giver, 1);
        let taker: Connection | null = null;
        for (const { giver: ahead, taker: behind, handsOver, drains } of steps) {
          read(giver, ahead);
          if (taker === null) {
            taker = scene.connect(to);
            // The last tick comes with the subscription, and what the giver has not read yet is on its way to both.
            at.set(taker, Math.max(0, at.get(giver)! - 1));
            read(taker, 1);
          }
          read(taker, behind);
          if (drains) scene.drain();
          if (!handsOver) continue;
          giver.writer.handOver([0], to);
          giver.writer.end(giver.feed);
          giver.writer.close();
          taker.writer.take([0]);
          // Another move comes long after the one before has settled.
          read(taker, Math.max(0, at.get(giver)! - at.get(taker)!));
          read(taker, 1);
          giver = taker;
          taker = null;
          [from, to] = [to, 3 - from - to];
        }
        read(giver, TICKS);
        if (taker !== null) taker.writer.close();
        giver.writer.close();
        const expected = Array.from({ length: TICKS }, (_, i) => i + 1);
        assert.deepEqual(scene.drain(), expected);
        assert.deepEqual(
          scene.seen.map(({ seq }) => seq),
          expected,
        );
        assert.ok(scene.seen.every(({ flags }) => (flags & FLAG.GAP_BEFORE) === 0));
      },
    ),
    { numRuns: 300 },
  );
});

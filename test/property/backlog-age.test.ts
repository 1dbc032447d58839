/** How old what waits for a client is taken to be, against what a simulated connection knows of every byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BacklogAge } from '../../src/workers/proxy/slow/backlog-age.ts';

const EVERY_MS = 100;

/** A connection that takes bytes in their order, and knows when each was sent. */
class Line {
  readonly #published: { readonly at: number; bytes: number }[] = [];
  readonly #waiting: { readonly at: number; bytes: number }[] = [];
  sentBytes = 0;
  backlogBytes = 0;

  /** Counted at once, on its way to the socket from the next turn on. */
  publish(at: number, bytes: number): void {
    this.#published.push({ at, bytes });
    this.sentBytes += bytes;
  }

  endTurn(): void {
    for (const part of this.#published.splice(0)) {
      this.#waiting.push(part);
      this.backlogBytes += part.bytes;
    }
  }

  take(bytes: number): void {
    let left = Math.min(bytes, this.backlogBytes);
    this.backlogBytes -= left;
    for (let first = this.#waiting[0]; first !== undefined && left > 0; first = this.#waiting[0]) {
      const part = Math.min(left, first.bytes);
      first.bytes -= part;
      left -= part;
      if (first.bytes === 0) this.#waiting.shift();
    }
  }

  /** When the oldest byte that waits was sent. */
  get oldestAt(): number {
    return (this.#waiting[0] ?? this.#published[0])?.at ?? Number.POSITIVE_INFINITY;
  }
}

test('a tick that waits for a client is never taken to be younger than it is', () => {
  const round = fc.record({ ms: fc.integer({ min: 1, max: 60 }), sent: fc.nat(5000), taken: fc.nat(6000) });
  fc.assert(
    fc.property(fc.array(round, { minLength: 10, maxLength: 200 }), (rounds) => {
      const line = new Line();
      const age = new BacklogAge(0, EVERY_MS);
      let now = 0;
      for (const { ms, sent, taken } of rounds) {
        now += ms;
        line.take(taken);
        if (age.isDue(now)) age.look(now, line.backlogBytes, line.sentBytes);
        assert.ok(age.since <= line.oldestAt, `since ${age.since}, oldest ${line.oldestAt}`);
        line.endTurn();
        line.publish(now, sent);
      }
    }),
  );
});

test('a client that takes everything a little late is not taken for one that stands still', () => {
  const line = new Line();
  const age = new BacklogAge(0, EVERY_MS);
  for (let now = 10; now < 20_000; now += 10) {
    if (age.isDue(now)) age.look(now, line.backlogBytes, line.sentBytes);
    line.publish(now, 1000);
    line.endTurn();
    // 200 ms behind all the time.
    if (now > 200) line.take(1000);
    if (now > 1000) assert.ok(now - age.since <= 200 + 3 * EVERY_MS, `${now - age.since} ms at ${now}`);
  }
});

/** Ticks do not wait for the end of a turn in which thousands of sockets have something to say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LongTurn } from '../../src/workers/proxy/connection/long-turn.ts';

function scene(letThroughMs = 0) {
  const times: number[] = [];
  const atEnd: (() => void)[] = [];
  let now = 1000;
  const turn = new LongTurn(
    () => {
      times.push(now);
      now += letThroughMs;
    },
    () => now,
    (work) => atEnd.push(work),
  );
  return {
    turn,
    /** When ticks were let through, ms. */
    times,
    /** Handlers that take so long each. */
    handle: (count: number, ms: number) => {
      for (let i = 0; i < count; i++) {
        turn.look();
        now += ms;
      }
    },
    end: () => {
      for (const work of atEnd.splice(0)) work();
    },
  };
}

test('a turn of a busy thread is left alone, however many there are', () => {
  const { handle, end, times } = scene();
  for (let i = 0; i < 100; i++) {
    handle(10, 0.1);
    end();
  }
  assert.deepEqual(times, []);
});

test('in a turn that goes on and on ticks are let through every two milliseconds', () => {
  const { handle, times } = scene();
  handle(65, 1);
  assert.ok(times.length >= 31, `${times.length} times in 65 ms`);
  assert.equal(times[0], 1002);
  assert.ok(
    times.every((at, i) => i === 0 || at - times[i - 1]! <= 2),
    `at ${times}`,
  );
});

test('with so many clients that it takes long itself, it takes a quarter of the turn', () => {
  const { handle, times } = scene(10);
  handle(200, 1);
  const spentMs = times.length * 10;
  assert.ok(spentMs > 0 && spentMs <= (200 + spentMs) / 4 + 10, `${spentMs} ms beside 200 ms of handlers`);
});

test('nothing is let through once the listener takes nobody any more', () => {
  const { turn, handle, times } = scene();
  handle(1, 1);
  turn.stop();
  handle(20, 1);
  assert.deepEqual(times, []);
});

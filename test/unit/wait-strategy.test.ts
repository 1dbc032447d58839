import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createDoorbells, Doorbell, DoorbellRinger } from '../../src/workers/ring/doorbell.ts';
import { DrainLoop, type DrainLoopOptions } from '../../src/workers/ring/wait-strategy.ts';
import type { WaitStrategyName } from '../../src/workers/worker-messages.ts';

/** A loop over a counter that stands for the ring: `write` adds records, `until` waits for a state of the reader. */
class Scene {
  pending = 0;
  drained = 0;
  turns = 0;
  readonly errors: unknown[] = [];
  readonly loop: DrainLoop;
  readonly doorbells = createDoorbells();
  readonly #ringer = new DoorbellRinger(this.doorbells);

  constructor(strategy: WaitStrategyName, options: Partial<DrainLoopOptions> = {}) {
    this.loop = new DrainLoop({
      drain: () => {
        this.turns++;
        const portion = Math.min(this.pending, 10);
        this.pending -= portion;
        this.drained += portion;
        return portion;
      },
      hasWork: () => this.pending > 0,
      doorbell: new Doorbell(this.doorbells, 0),
      strategy,
      spinUs: 100,
      onError: (error) => this.errors.push(error),
      ...options,
    });
  }

  write(records: number): void {
    this.pending += records;
    this.#ringer.ring();
  }

  async until(state: () => boolean): Promise<void> {
    while (!state()) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Waits until no turn happens any more between two looks. */
  async untilAsleep(): Promise<void> {
    for (let turns = -1; turns !== this.turns; ) {
      turns = this.turns;
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }
}

const STRATEGIES: readonly WaitStrategyName[] = ['park', 'backoff', 'spin'];

for (const strategy of STRATEGIES) {
  test(`${strategy}: records that come one by one and in bursts are all drained`, async () => {
    const scene = new Scene(strategy);
    scene.loop.start();
    let written = 0;
    for (const records of [1, 1, 55, 3, 200]) {
      scene.write(records);
      written += records;
      await scene.until(() => scene.drained === written);
    }
    await scene.loop.stop();
  });

  test(`${strategy}: sockets and timers get their turn between the portions of a large backlog`, async () => {
    const scene = new Scene(strategy);
    scene.write(1_000_000);
    scene.loop.start();
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.ok(scene.pending > 0, 'the backlog was drained in one turn');
    await scene.loop.stop();
  });

  test(`${strategy}: nothing is drained any more when the loop was told to stop`, async () => {
    const scene = new Scene(strategy);
    scene.loop.start();
    scene.write(5);
    await scene.until(() => scene.drained === 5);
    if (strategy !== 'spin') await scene.untilAsleep();
    const turns = scene.turns;
    const stopped = scene.loop.stop();
    scene.write(5);
    await stopped;
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(scene.turns, turns);
  });

  test(`${strategy}: a failure while draining is reported once and ends the loop`, async () => {
    const scene = new Scene(strategy, {
      drain: () => {
        throw new Error('socket closed');
      },
    });
    scene.loop.start();
    await scene.until(() => scene.errors.length > 0);
    scene.write(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(scene.errors.map(String), ['Error: socket closed']);
    await scene.loop.stop();
  });

  test(`${strategy}: a drain may stop the loop that calls it`, async () => {
    let stopped: Promise<void> | undefined;
    const scene = new Scene(strategy, {
      drain: () => {
        stopped = scene.loop.stop();
        return 1;
      },
    });
    scene.loop.start();
    await scene.until(() => stopped !== undefined);
    await stopped;
    assert.equal(scene.errors.length, 0);
  });
}

test('an idle loop that may park takes no turns, an idle spin never rests', async () => {
  const [park, backoff, spin] = STRATEGIES.map((strategy) => new Scene(strategy));
  for (const scene of [park!, backoff!]) {
    scene.loop.start();
    await scene.untilAsleep();
    await scene.loop.stop();
  }
  spin!.loop.start();
  await spin!.until(() => spin!.turns > 100);
  await spin!.loop.stop();
});

test('backoff does not sleep before it has spun for the time it is given', async (t) => {
  const waitAsync = t.mock.method(Atomics, 'waitAsync');
  const scene = new Scene('backoff', { spinUs: 3_600_000_000 });
  scene.loop.start();
  scene.write(1);
  await scene.until(() => scene.drained === 1);
  const turns = scene.turns;
  await scene.until(() => scene.turns > turns + 100);
  assert.equal(waitAsync.mock.callCount(), 0);
  await scene.loop.stop();
});

test('a record whose notification was missed is found by the timed look', async () => {
  const scene = new Scene('park');
  scene.loop.start();
  await scene.untilAsleep();
  scene.pending = 1;
  await scene.until(() => scene.drained === 1);
  await scene.loop.stop();
});

test('a record that comes between the last drain and the sleep is drained without a sleep', async (t) => {
  const waitAsync = t.mock.method(Atomics, 'waitAsync');
  let looks = 0;
  const scene = new Scene('park', {
    hasWork: () => {
      if (looks++ === 0) scene.pending = 1;
      return scene.pending > 0;
    },
    drain: () => {
      const drained = scene.pending;
      scene.pending = 0;
      scene.drained += drained;
      if (drained > 0) void scene.loop.stop();
      return drained;
    },
  });
  scene.loop.start();
  await scene.until(() => scene.drained === 1);
  assert.equal(waitAsync.mock.callCount(), 0);
});

test('a thread that has nothing but a sleeping loop stays alive until it is stopped, and then leaves', async () => {
  const url = (file: string): string =>
    JSON.stringify(new URL(`../../src/workers/ring/${file}`, import.meta.url));
  const worker = new Worker(
    `(async () => {
      const { parentPort, threadId } = require('node:worker_threads');
      const { createDoorbells, Doorbell } = await import(${url('doorbell.ts')});
      const { DrainLoop } = await import(${url('wait-strategy.ts')});
      let turns = 0;
      let looks = 0;
      const loop = new DrainLoop({
        drain: () => {
          turns++;
          if (turns === 3) { parentPort.postMessage('slept twice'); void loop.stop(); }
          return 0;
        },
        // Nothing before each sleep, something at the first look after it.
        hasWork: () => looks++ % 2 === 1,
        doorbell: new Doorbell(createDoorbells(), 0),
        strategy: 'park',
        spinUs: 0,
        onError: (error) => { throw error; },
      });
      loop.start();
    })();`,
    { eval: true },
  );
  const [[message], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  assert.deepEqual([message, code], ['slept twice', 0]);
});

const PORTION = 10;

test('a record that may wait for others is drained together with those that come meanwhile', async () => {
  const scene = new Scene('backoff', { flush: { us: 20_000, portion: PORTION } });
  scene.loop.start();
  await scene.untilAsleep();
  const turns = scene.turns;
  for (let i = 0; i < 4; i++) {
    scene.write(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(scene.drained, 0, 'the first one did not wait');
  await scene.until(() => scene.drained > 0);
  assert.deepEqual([scene.drained, scene.turns - turns], [4, 1]);
  await scene.loop.stop();
});

test('records behind a full portion do not wait once more', async () => {
  const scene = new Scene('park', { flush: { us: 60_000, portion: PORTION } });
  scene.loop.start();
  await scene.untilAsleep();
  const writtenAt = performance.now();
  scene.write(10 * PORTION + 1);
  await scene.until(() => scene.drained === 10 * PORTION + 1);
  assert.ok(performance.now() - writtenAt < 2 * 60, 'each portion has waited');
  await scene.loop.stop();
});

for (const us of [100, 2000]) {
  test(`records that come after a flush of ${us} µs are found again, and a stop ends the wait`, async () => {
    const scene = new Scene('spin', { flush: { us, portion: PORTION } });
    scene.loop.start();
    for (let written = 1; written <= 5; written++) {
      scene.write(1);
      await scene.until(() => scene.drained === written);
    }
    scene.write(1);
    await scene.loop.stop();
    const turns = scene.turns;
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(scene.turns, turns);
  });
}

test('backoff does not spin for a record that is not expected within its time, and does again when records come close', async (t) => {
  const waitAsync = t.mock.method(Atomics, 'waitAsync');
  const scene = new Scene('backoff', { spinUs: 2000 });
  scene.loop.start();
  for (let written = 1; written <= 20; written++) {
    await new Promise((resolve) => setTimeout(resolve, 8));
    scene.write(1);
    await scene.until(() => scene.drained === written);
  }
  await scene.untilAsleep();
  const turns = scene.turns;
  scene.write(1);
  await scene.until(() => scene.drained === 21);
  await scene.untilAsleep();
  assert.ok(scene.turns - turns <= 3, `${scene.turns - turns} turns for one record`);
  const drained = scene.drained;
  // Each of these finds the loop awake or just asleep; with the pauses the loop learns that spinning pays.
  const burst = async () => {
    scene.write(1);
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (let i = 0; i < 200; i++) await burst();
  const sleeps = waitAsync.mock.callCount();
  for (let i = 0; i < 50; i++) await burst();
  assert.ok(waitAsync.mock.callCount() - sleeps <= 5, 'it sleeps between records that come close');
  await scene.until(() => scene.drained === drained + 250);
  await scene.loop.stop();
});

test('a sleep of which nobody learns that it ended is ended by the timed look', async (t) => {
  const lost = { async: true, value: new Promise<'ok'>(() => {}) } as const;
  t.mock.method(Atomics, 'waitAsync', () => lost);
  const scene = new Scene('park');
  scene.loop.start();
  await scene.untilAsleep();
  scene.write(1);
  await scene.until(() => scene.drained === 1);
  void scene.loop.stop();
});

test('a loop whose writer was killed while it woke it can be stopped', async () => {
  const scene = new Scene('park');
  scene.loop.start();
  await scene.untilAsleep();
  // What a writer does before it notifies: the bit is taken back, the state is AWAKE.
  new Int32Array(scene.doorbells).fill(0);
  await scene.loop.stop();
});

for (const strategy of ['park', 'backoff'] as const) {
  test(`${strategy}: work that nobody rang for and that brings no record is looked at once, and the loop sleeps on`, async () => {
    let isMarked = false;
    let turns = 0;
    const scene = new Scene(strategy, {
      drain: () => {
        turns++;
        isMarked = false;
        return 0;
      },
      hasWork: () => isMarked,
    });
    scene.loop.start();
    await scene.until(() => turns > 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const before = turns;
    isMarked = true;
    await scene.until(() => !isMarked);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(turns - before <= 20, `${turns - before} turns for nothing`);
    await scene.loop.stop();
  });
}

test('a look for work that throws ends the loop and is told once, whoever looked', async (t) => {
  t.mock.method(Atomics, 'waitAsync', () => ({ async: true, value: new Promise<'ok'>(() => {}) }));
  let isBroken = false;
  const scene = new Scene('park', {
    hasWork: () => {
      if (isBroken) throw new Error('ring gone');
      return false;
    },
  });
  scene.loop.start();
  await scene.untilAsleep();
  isBroken = true;
  await scene.until(() => scene.errors.length > 0);
  assert.match(String(scene.errors), /ring gone/);
});

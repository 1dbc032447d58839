import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { InstrumentRates } from '../../src/main/dashboard/instrument-rates.ts';
import { KIND, LastValueTable } from '../../src/workers/ring/last-value-table.ts';

const NOW = 1_800_000_000_000;

function instrument(slot: number, exchange: string, symbol: string) {
  return { slot, broker: 'angel', exchange, symbol, segment: 1, token: String(slot) };
}

class Scene {
  readonly memory = LastValueTable.create(4);
  readonly rates = new InstrumentRates(this.memory, (slot) => (slot === 3 ? 'zoe' : 'anna'));
  readonly #table = new LastValueTable(this.memory);

  tick(slot: number, seq: number, receivedAt: number, epoch = 1): void {
    const words = new Int32Array(100);
    writeInt64(words, WORD.EPOCH, epoch);
    writeInt64(words, WORD.SEQ, seq);
    writeInt64(words, WORD.RECEIVE_TIME_NS, receivedAt * 1_000_000);
    this.#table.write(slot, KIND.BASE, words, words.length);
  }
}

const ANNA = { broker: 'angel', account: 'anna' };
const HELD = [instrument(0, 'NSE', 'A'), instrument(1, 'NSE', 'B'), instrument(2, 'MCX', 'C')];

test('an operator sees per exchange how many ticks come and how old the latest is, and what is busiest', () => {
  const scene = new Scene();
  scene.tick(0, 10, NOW - 500);
  scene.tick(1, 1, NOW - 3000);
  scene.rates.look(HELD, NOW, 0, 20);
  scene.tick(0, 12, NOW + 1900);
  scene.tick(1, 41, NOW + 1000);
  const { segments, top } = scene.rates.look(HELD, NOW + 2000, 2000, 2);
  assert.deepEqual(segments, [
    { ...ANNA, exchange: 'MCX', lastTickAgeMs: null, ticksPerSecond: 0 },
    { ...ANNA, exchange: 'NSE', lastTickAgeMs: 100, ticksPerSecond: 21 },
  ]);
  assert.deepEqual(
    top.map(({ symbol, ticksPerSecond, lastTickAgeMs }) => [symbol, ticksPerSecond, lastTickAgeMs]),
    [
      ['B', 20, 1000],
      ['A', 1, 100],
    ],
  );
});

test('a silent exchange grows old, and is not shown as busy', () => {
  const scene = new Scene();
  scene.tick(0, 10, NOW);
  scene.rates.look(HELD, NOW, 0, 20);
  const { segments } = scene.rates.look(HELD, NOW + 60_000, 60_000, 20);
  assert.deepEqual(segments[1], { ...ANNA, exchange: 'NSE', lastTickAgeMs: 60_000, ticksPerSecond: 0 });
});

test('an exchange that stands still at one account does not hide behind that of another one', () => {
  const scene = new Scene();
  scene.tick(0, 1, NOW - 60_000);
  scene.tick(3, 1, NOW);
  const { segments } = scene.rates.look([...HELD, instrument(3, 'NSE', 'A')], NOW, 0, 1);
  const ofNse = segments.filter(({ exchange }) => exchange === 'NSE');
  assert.deepEqual(
    ofNse.map(({ account, lastTickAgeMs }) => [account, lastTickAgeMs]),
    [
      ['anna', 60_000],
      ['zoe', 0],
    ],
  );
});

test('an instrument that begins anew counts from there, and one that nobody holds is forgotten', () => {
  const scene = new Scene();
  scene.tick(0, 1000, NOW);
  scene.rates.look(HELD, NOW, 0, 20);
  scene.tick(0, 3, NOW, 2);
  assert.equal(scene.rates.look(HELD, NOW, 1000, 1).top[0]!.ticksPerSecond, 3);
  scene.rates.look([], NOW, 2000, 1);
  scene.tick(0, 500, NOW, 2);
  assert.equal(scene.rates.look(HELD, NOW, 3000, 1).top[0]!.ticksPerSecond, 0);
});

test('a clock that was set back makes no tick older than new', () => {
  const scene = new Scene();
  scene.tick(0, 1, NOW + 5000);
  assert.equal(scene.rates.look(HELD, NOW, 0, 1).segments[1]!.lastTickAgeMs, 0);
});

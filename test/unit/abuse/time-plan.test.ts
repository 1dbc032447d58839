import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTACKS } from '../../abuse/attacks.ts';
import { readCommandLine } from '../../abuse/command-line.ts';
import { planTime } from '../../abuse/time-plan.ts';

test('with little time every attack is short and still made, with more it has undisturbed stretches of its own', () => {
  const short = planTime(35, 14, 2);
  assert.equal(short.isPaired, false);
  assert.equal(short.rounds, 1);
  assert.ok(short.seconds > 0.3 && short.seconds < 1.5, String(short.seconds));
  const long = planTime(600, 14, 2);
  assert.equal(long.isPaired, true);
  assert.ok(long.rounds >= 3 && long.seconds >= 1.5, JSON.stringify(long));
  const took = 3 * long.rounds * (long.seconds + 1.1) * 14;
  assert.ok(took > 500 && took < 600, `${took} s of 600`);
});

test('an attack that does not exist, a time that is none, and a table of some attacks only are refused', () => {
  const read = (...args: string[]) => readCommandLine(args, ATTACKS);
  assert.throws(() => read('--only', 'no-such-attack'), /no such attack/);
  assert.throws(() => read('--seconds', '0'), /larger than 0/);
  assert.throws(() => read('--readme', '--only', 'deep-json'), /has all attacks/);
  assert.deepEqual(
    read('--only', 'deep-json, proto-keys').attacks.map(({ name }) => name),
    ['deep-json', 'proto-keys'],
  );
});

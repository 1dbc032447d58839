import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WatchdogScene } from '../support/watchdog-scene.ts';

const MONDAY_NOON = '2026-07-06 12:00';
const SUNDAY_NOON = '2026-07-05 12:00';

test('a feed whose instruments tick as they use to is left alone all day, and live', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1, 2, 3);
  scene.watch('NFO', 4);
  scene.tickEvery(500, 1);
  scene.tickEvery(3000, 2);
  scene.tickEvery(20_000, 3);
  scene.tickEvery(1000, 4);
  assert.deepEqual(scene.run(3600), ['NSE live', 'NFO live']);
});

test('a mute segment is subscribed again, then told to be mute, and recovered step by step with growing pauses', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1, 2);
  scene.tickEvery(1000, 1, 2);
  scene.run(100);
  scene.tickEvery(0, 1, 2);
  scene.said.length = 0;
  scene.run(600);
  assert.deepEqual(scene.said.map(({ what }) => what).slice(0, 11), [
    'suspected 1,2',
    'resubscribe 1,2',
    'NSE mute',
    'silenced 1,2',
    'NSE recovering',
    'reconnect',
    'move 1,2',
    'tokens',
    'NSE mute',
    'reconnect',
    'move 1,2',
  ]);
  const at = (what: string, nth = 0) => scene.said.filter((said) => said.what === what)[nth]!.at;
  assert.ok(at('resubscribe 1,2') - 100 >= 30 && at('resubscribe 1,2') - 100 <= 32);
  assert.ok(at('NSE mute') - at('resubscribe 1,2') >= 10);
  const steps = [at('reconnect'), at('move 1,2'), at('tokens'), at('reconnect', 1), at('move 1,2', 1)];
  const pauses = steps.slice(1).map((time, i) => time - steps[i]!);
  for (const [i, pause] of pauses.entries()) assert.ok(Math.abs(pause - 10 * 2 ** i) <= 1.5, `${pauses}`);
});

test('a mute segment whose ticks come back is live at once, and a relapse goes on behind the last step', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1);
  scene.tickEvery(1000, 1);
  scene.run(60);
  scene.tickEvery(0, 1);
  assert.ok(scene.run(45).includes('reconnect'));
  scene.tickEvery(1000, 1);
  assert.deepEqual(scene.run(5), ['NSE live']);
  scene.tickEvery(0, 1);
  assert.deepEqual(scene.run(45), [
    'suspected 1',
    'resubscribe 1',
    'NSE mute',
    'silenced 1',
    'NSE recovering',
    'move 1',
  ]);
  scene.tickEvery(1000, 1);
  assert.deepEqual(scene.run(120), ['NSE live']);
  scene.tickEvery(0, 1);
  assert.ok(scene.run(45).includes('reconnect'), 'ticks flowed for a while, so it begins anew');
});

test('the images that come with each new connection make no mute segment live', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1, 2);
  scene.tickEvery(500, 1, 2);
  scene.run(120);
  scene.tickEvery(0, 1, 2);
  scene.images = [1, 2];
  const said = scene.run(1800);
  assert.ok(!said.includes('NSE live'), said.join());
  // A single tick that is too late for an image is enough.
  scene.tickEvery(60_000, 1);
  assert.ok(scene.run(62).includes('NSE live'));
});

test('one illiquid instrument alone is asked now and then, ever more rarely, and nobody is alarmed', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NFO', 7);
  scene.answers = () => 'repeat';
  const said = scene.run(3 * 3600);
  assert.equal(said[0], 'NFO live');
  assert.ok(
    said.slice(1).every((what) => what === 'resubscribe 7'),
    said.join(),
  );
  assert.ok(said.length < 30, `${said.length - 1} probes in three hours`);
  const times = scene.said.slice(1).map(({ at }) => at);
  assert.ok(times[1]! - times[0]! > 1.8 * 30, 'the second silence may last longer than the first');
});

test('one illiquid instrument whose images look new each time alarms nobody either', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NFO', 7);
  scene.answers = () => 'news';
  const said = scene.run(3 * 3600);
  assert.ok(said.slice(1).every((what) => what === 'resubscribe 7') && said.length < 30, said.join());
});

test('a busy exchange that answers a probe with news was mute: its gap is expected, and at the next silence it is helped', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1, 2);
  scene.tickEvery(500, 1, 2);
  scene.run(120);
  scene.tickEvery(0, 1, 2);
  scene.answers = () => 'news';
  assert.deepEqual(scene.run(32), ['suspected 1,2', 'resubscribe 1,2']);
  assert.deepEqual(scene.run(34), ['NSE mute', 'silenced 1,2', 'NSE recovering', 'reconnect']);
  scene.tickEvery(500, 1, 2);
  assert.deepEqual(scene.run(60), ['NSE live']);
});

test('a busy exchange that halts repeats what is known: nothing was missed, nobody is alarmed', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1, 2);
  scene.tickEvery(500, 1, 2);
  scene.run(120);
  scene.tickEvery(0, 1, 2);
  scene.answers = () => 'repeat';
  const said = scene.run(2700);
  assert.deepEqual(said.slice(0, 3), ['suspected 1,2', 'resubscribe 1,2', 'unhurt 1,2']);
  assert.ok(
    said.every((what) => /^(suspected|resubscribe|unhurt) 1,2$/.test(what)),
    said.join(),
  );
  assert.ok(said.length <= 3 * 7, `${said.length / 3} probes in a halt of 45 minutes`);
});

test('nothing is judged while the market is closed, and ticks that come all the same mean live', () => {
  const scene = new WatchdogScene(SUNDAY_NOON);
  scene.watch('NSE', 1);
  // The broker's image of the last session.
  scene.watchdog.onTick(1, scene.now + 10);
  assert.deepEqual(scene.run(3600), ['NSE market_closed']);
  scene.tickEvery(1000, 1);
  assert.deepEqual(scene.run(60), ['NSE live']);
  scene.tickEvery(0, 1);
  assert.deepEqual(scene.run(600), ['NSE market_closed']);
});

test('the market closes and opens: each is told with its time, and no tick is missed before the first can be expected', () => {
  const scene = new WatchdogScene('2026-07-06 15:29');
  scene.watch('NSE', 1);
  scene.tickEvery(1000, 1);
  assert.deepEqual(scene.run(60), ['NSE live']);
  scene.tickEvery(0, 1);
  assert.deepEqual(scene.run(120), ['NSE market_closed']);
  assert.equal(scene.sinceOf('NSE market_closed'), '15:30');
  const morning = new WatchdogScene('2026-07-06 09:00');
  morning.watch('NSE', 1);
  assert.deepEqual(morning.run(14 * 60), ['NSE market_closed']);
  assert.deepEqual(morning.run(2 * 60), ['NSE live'], 'no alarm in the first minute');
  assert.equal(morning.sinceOf('NSE live'), '09:15');
  assert.deepEqual(morning.run(32), ['resubscribe 1'], 'but half a minute behind it');
});

test('an instrument that never had a tick while others tick is told to be stale, and is asked again ever more rarely', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NFO', 1, 2);
  scene.tickEvery(500, 1);
  assert.deepEqual(scene.run(59), ['NFO live']);
  assert.deepEqual(scene.run(13), ['resubscribe 2', 'NFO 2 stale']);
  const said = scene.run(3600);
  assert.ok(said.every((what) => what === 'resubscribe 2') && said.length < 12, said.join());
});

test('a silence in the night teaches nothing about the day', () => {
  const scene = new WatchdogScene('2026-07-06 15:28');
  scene.watch('NSE', 1, 2);
  scene.tickEvery(500, 1, 2);
  scene.run(120);
  scene.tickEvery(0, 1, 2);
  scene.run(3600);
  // What the broker corrects after the close.
  scene.watchdog.onTick(2, scene.now);
  scene.run(16 * 3600 + 46 * 60);
  scene.tickEvery(500, 1, 2);
  scene.run(1200);
  scene.tickEvery(0, 2);
  assert.deepEqual(scene.run(65), ['resubscribe 2']);
});

test('when very many fall silent at once they are asked in portions, and none is forgotten', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  const slots = Array.from({ length: 300 }, (_, i) => i);
  scene.watch('NSE', ...slots, 999);
  scene.tickEvery(500, ...slots, 999);
  scene.run(60);
  scene.tickEvery(0, ...slots);
  const asked = scene
    .run(64)
    .filter((what) => what.startsWith('resubscribe'))
    .map((what) => what.slice('resubscribe '.length).split(',').map(Number));
  assert.ok(asked.every((portion) => portion.length <= 100));
  assert.deepEqual(
    asked.flat().sort((a, b) => a - b),
    slots,
  );
  const stale = scene.run(14).filter((what) => what.endsWith('stale'));
  assert.equal(stale.join().match(/\d+/g)?.length, slots.length);
});

test('one instrument that stops is probed, then stale, then moved; the others stay live and connected', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1, 2);
  scene.tickEvery(500, 1, 2);
  scene.run(120);
  scene.tickEvery(0, 2);
  assert.deepEqual(scene.run(59), []);
  assert.deepEqual(scene.run(3), ['resubscribe 2']);
  assert.deepEqual(scene.run(11), ['NSE 2 stale', 'silenced 2']);
  const later = scene.run(400);
  assert.deepEqual(later.slice(0, 2), ['resubscribe 2', 'move 2']);
  assert.ok(later.slice(2).every((what) => what === 'resubscribe 2'));
  scene.tickEvery(500, 2);
  assert.deepEqual(scene.run(30), ['NSE 2 live']);
});

test('an instrument that is only quiet answers the probe, is never called stale, and is asked more rarely', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1, 2);
  scene.tickEvery(500, 1, 2);
  scene.run(120);
  scene.tickEvery(0, 2);
  scene.answers = () => 'repeat';
  const said = scene.run(3600);
  assert.ok(
    said.every((what) => what === 'resubscribe 2'),
    said.join(),
  );
  assert.ok(said.length <= 7, `${said.length} probes in an hour`);
});

test('an instrument that always ticks once a minute is not asked after half a minute, nor after two', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1, 2);
  scene.tickEvery(500, 1);
  scene.tickEvery(55_000, 2);
  scene.run(2400);
  scene.tickEvery(0, 2);
  assert.deepEqual(scene.run(300), []);
});

test('a machine that slept does not take its own sleep for silence, whether or not its clock slept too', () => {
  for (const monotonic of [3600, 0]) {
    const scene = new WatchdogScene(MONDAY_NOON);
    scene.watch('NSE', 1);
    scene.tickEvery(1000, 1);
    scene.run(60);
    scene.tickEvery(0, 1);
    scene.sleep(3600, monotonic);
    assert.deepEqual(scene.run(29), [], `monotonic clock went on by ${monotonic} s`);
    assert.deepEqual(scene.run(5), ['suspected 1', 'resubscribe 1']);
  }
});

test('a segment that never had a tick does not cost the ticking ones their connection', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1);
  scene.watch('MCX', 2);
  scene.tickEvery(1000, 1);
  const said = scene.run(3000);
  assert.ok(said.includes('MCX mute'));
  assert.ok(said.includes('resubscribe 2'));
  assert.ok(!said.some((what) => ['reconnect', 'tokens'].includes(what)), said.join());
});

test('while the connection is down nothing is judged, and after it nothing is held against the time before', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('NSE', 1);
  scene.tickEvery(1000, 1);
  scene.run(60);
  scene.tickEvery(0, 1);
  scene.watchdog.onDisconnected();
  assert.deepEqual(scene.run(300), []);
  scene.watchdog.onConnected(scene.now);
  assert.deepEqual(scene.run(29), []);
});

test('a probe that a lost connection left without an answer alarms nobody after the reconnect', () => {
  const segment = new WatchdogScene(MONDAY_NOON);
  segment.watch('NFO', 3);
  segment.run(32);
  const instrument = new WatchdogScene(MONDAY_NOON);
  instrument.watch('NSE', 1, 2);
  instrument.tickEvery(500, 1, 2);
  instrument.run(120);
  instrument.tickEvery(0, 2);
  instrument.run(62);
  for (const scene of [segment, instrument]) {
    assert.match(scene.said.at(-1)!.what, /^resubscribe/);
    scene.watchdog.onDisconnected();
    scene.run(60);
    scene.watchdog.onConnected(scene.now);
    assert.deepEqual(scene.run(9), []);
  }
});

test('an exchange that the calendar does not know is live and never judged', () => {
  const scene = new WatchdogScene(MONDAY_NOON);
  scene.watch('GLOBAL_INDEX', 1);
  assert.deepEqual(scene.run(3600), ['GLOBAL_INDEX live']);
});

test('thresholds of zero turn the watch over segments and instruments off', () => {
  const scene = new WatchdogScene(MONDAY_NOON, { muteAfterMs: 0, staleAfterMs: 0 });
  scene.watch('NSE', 1, 2);
  scene.tickEvery(1000, 1, 2);
  scene.run(100);
  scene.tickEvery(0, 1, 2);
  assert.deepEqual(scene.run(3600), []);
});

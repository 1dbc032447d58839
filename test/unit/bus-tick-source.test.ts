/** Ticks over the bus, as they come out of the source: each once, in order, under its own instrument, and what is missing is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { FeedGroupScene, nameOf, SNAPSHOT, STALE, tickFrame } from '../support/feed-group-scene.ts';

const topicOf = (symbol: string, mode: 1 | 2 | 3 | 4) => formatTopic(nameOf(symbol), mode);

test('a tick that comes again, as an answer to somebody else or to repeat a quiet topic, is handed over once', () => {
  const scene = new FeedGroupScene(1);
  const [link] = scene.links;
  scene.hold('INFY');
  link!.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100 }, { epoch: 5, seq: 2, time: 101 });
  link!.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 2, time: 101, flags: SNAPSHOT });
  link!.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100 });
  link!.sendTicks('INFY', MODE.QUOTE, { epoch: 4, seq: 9, time: 99 });
  assert.deepEqual(
    scene.drain().map(({ seq }) => seq),
    [1, 2],
  );
  assert.equal(scene.last(0)?.seq, 2, 'an older tick is no last value either');
  assert.equal(scene.loss.lost, 0);
});

test('ticks that are missing are counted, and a repeated last value that is news is handed over as the tick that it is', () => {
  const scene = new FeedGroupScene(1);
  const [link] = scene.links;
  scene.hold('INFY');
  link!.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 7, time: 100 }, { epoch: 5, seq: 10, time: 101 });
  link!.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 11, time: 102, flags: SNAPSHOT });
  link!.sendTicks('INFY', MODE.QUOTE, { epoch: 6, seq: 3, time: 103 });
  const got = scene.drain();
  assert.deepEqual(
    got.map(({ epoch, seq, flags }) => [epoch, seq, flags]),
    [
      [5, 7, 0],
      [5, 10, 0],
      [5, 11, 0],
      [6, 3, 0],
    ],
  );
  assert.equal(scene.source.lost, 2, 'none for the first tick, none for a new epoch');
  assert.equal(scene.source.takeLoss(), false);
});

test('the last tick is marked stale, and fresh again, where it lies when it is repeated so', () => {
  const scene = new FeedGroupScene(1);
  const [link] = scene.links;
  scene.hold('INFY');
  const tick = { epoch: 5, seq: 1, time: 100 };
  link!.sendTicks('INFY', MODE.QUOTE, tick, { ...tick, flags: SNAPSHOT | STALE });
  assert.equal(scene.drain().length, 1);
  assert.equal(scene.last(0)?.flags, STALE);
  link!.sendTicks('INFY', MODE.QUOTE, { ...tick, flags: SNAPSHOT });
  assert.equal(scene.drain().length, 0);
  assert.equal(scene.last(0)?.flags, 0);
});

test('while the mode is raised both topics are read, each tick counts once, and the old topic ends with the first of the new', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  const entry = scene.hold('INFY', MODE.QUOTE);
  entry.need((1 << MODE.QUOTE) | (1 << MODE.DEPTH));
  scene.group.update(entry);
  assert.deepEqual(link.changes, [`+${topicOf('INFY', MODE.QUOTE)}`, `+${topicOf('INFY', MODE.DEPTH)}`]);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100 });
  assert.deepEqual(
    scene.drain().map(({ mode }) => mode),
    [MODE.QUOTE],
  );
  assert.equal(link.changes.length, 2, 'the new topic has nothing yet');
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 2, time: 101 });
  link.sendTicks('INFY', MODE.DEPTH, { epoch: 5, seq: 2, time: 101 });
  assert.deepEqual(
    scene.drain().map(({ seq, mode }) => [seq, mode]),
    [
      [2, MODE.QUOTE],
      [2, MODE.DEPTH],
    ],
    'the depth of it is handed over too, for those who wait for it',
  );
  assert.equal(scene.last(0)?.mode, MODE.DEPTH);
  assert.deepEqual(link.changes.slice(2), [`-${topicOf('INFY', MODE.QUOTE)}`]);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 3, time: 102 });
  link.sendTicks('INFY', MODE.DEPTH, { epoch: 5, seq: 3, time: 102 });
  assert.deepEqual(
    scene.drain().map(({ seq, mode }) => [seq, mode]),
    [
      [3, MODE.QUOTE],
      [3, MODE.DEPTH],
    ],
    'what was sent before the end of a topic was heard is a tick all the same',
  );
  entry.need(0);
  scene.group.update(entry);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 4, time: 103 });
  assert.deepEqual(scene.drain(), [], 'unless nobody holds the instrument any more');
  assert.equal(scene.source.late, 1);
});

test('while the mode is lowered the higher topic goes on until the lower one has come, whose repetition takes nothing away', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  const entry = scene.hold('INFY', MODE.DEPTH);
  link.sendTicks('INFY', MODE.DEPTH, { epoch: 5, seq: 1, time: 100 });
  entry.need(1 << MODE.LTP);
  scene.group.update(entry);
  link.sendTicks('INFY', MODE.DEPTH, { epoch: 5, seq: 2, time: 101 });
  assert.equal(scene.drain().length, 2);
  assert.deepEqual(link.changes.slice(1), [`+${topicOf('INFY', MODE.LTP)}`]);
  link.sendTicks('INFY', MODE.LTP, { epoch: 5, seq: 2, time: 101, flags: SNAPSHOT | STALE });
  assert.deepEqual(scene.drain(), []);
  assert.deepEqual([scene.last(0)?.mode, scene.last(0)?.flags], [MODE.DEPTH, STALE]);
  assert.deepEqual(link.changes.slice(2), [`-${topicOf('INFY', MODE.DEPTH)}`]);
  assert.equal(link.topics.size, 1);
});

test('the higher topic of an instrument without a tick ends all the same, and is not kept from the broker for hours', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  const entry = scene.hold('INFY', MODE.DEPTH);
  entry.need((1 << MODE.LTP) | (1 << MODE.DEEP_DEPTH));
  scene.group.update(entry);
  link.topics.settle(performance.now());
  assert.equal(link.subscribed.size, 3, 'the host may not have heard of the lower one yet');
  link.topics.settle(performance.now() + 1000);
  assert.deepEqual([...link.subscribed], [topicOf('INFY', MODE.LTP), topicOf('INFY', MODE.DEEP_DEPTH)]);
  entry.need((1 << MODE.LTP) | (1 << MODE.QUOTE));
  scene.group.update(entry);
  link.topics.settle(performance.now() + 1000);
  const both = [topicOf('INFY', MODE.LTP), topicOf('INFY', MODE.QUOTE)];
  assert.deepEqual(
    [...link.subscribed],
    both,
    'a lower one is kept: the broker may not send the higher mode yet',
  );
});

test('while a mode is raised again, what it brought before is neither its first message nor a value to begin with', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  const entry = scene.hold('INFY', MODE.DEPTH);
  link.sendTicks('INFY', MODE.DEPTH, { epoch: 5, seq: 1, time: 100 });
  scene.drain();
  assert.equal(entry.hasLast(MODE.DEPTH), true);
  entry.need(1 << MODE.LTP);
  scene.group.update(entry);
  link.sendTicks('INFY', MODE.LTP, { epoch: 5, seq: 1, time: 100, flags: SNAPSHOT });
  scene.drain();
  entry.need((1 << MODE.LTP) | (1 << MODE.DEPTH));
  scene.group.update(entry);
  assert.deepEqual([entry.hasLast(MODE.LTP), entry.hasLast(MODE.DEPTH)], [true, false]);
  // Sent before the host heard of the end; the next one went out as LTP only.
  link.sendTicks('INFY', MODE.DEPTH, { epoch: 5, seq: 2, time: 101 });
  link.sendTicks('INFY', MODE.LTP, { epoch: 5, seq: 3, time: 102 });
  assert.deepEqual(
    scene.drain().map(({ seq }) => seq),
    [2, 3],
  );
  assert.equal(link.subscribed.has(topicOf('INFY', MODE.LTP)), true);
  assert.equal(entry.hasLast(MODE.DEPTH), false);
  link.sendTicks('INFY', MODE.DEPTH, { epoch: 5, seq: 3, time: 102, flags: SNAPSHOT });
  assert.equal(scene.drain().length, 1, 'for those who had it as LTP only');
  assert.deepEqual([...link.subscribed], [topicOf('INFY', MODE.DEPTH)]);
  assert.equal(entry.hasLast(MODE.DEPTH), true);
});

test('the deep overlay has a topic and a count of its own', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  const entry = scene.hold('INFY', MODE.QUOTE);
  entry.need((1 << MODE.LTP) | (1 << MODE.QUOTE) | (1 << MODE.DEEP_DEPTH));
  scene.group.update(entry);
  assert.deepEqual([...link.subscribed], [topicOf('INFY', MODE.QUOTE), topicOf('INFY', MODE.DEEP_DEPTH)]);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 90, time: 100 });
  link.sendTicks('INFY', MODE.DEEP_DEPTH, { epoch: 5, seq: 1, time: 100 }, { epoch: 5, seq: 2, time: 101 });
  assert.equal(scene.drain().length, 3);
  assert.equal(scene.loss.lost, 0);
  assert.deepEqual([scene.last(0)?.seq, scene.last(0, true)?.seq], [90, 2]);
  entry.need(1 << MODE.QUOTE);
  scene.group.update(entry);
  assert.deepEqual([...link.subscribed], [topicOf('INFY', MODE.QUOTE)]);
});

test('a slot is used again when nobody holds its instrument, and no late tick of the one before appears under the next', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  const infy = scene.hold('INFY');
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100 });
  assert.equal(scene.drain()[0]?.slot, 0);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 2, time: 101 });
  infy.need(0);
  scene.group.update(infy);
  assert.deepEqual([...link.subscribed], []);
  assert.deepEqual(scene.news, ['freed 0']);
  const tcs = scene.hold('TCS');
  assert.equal(tcs.instrument.slot, 0);
  assert.deepEqual(scene.drain(), []);
  assert.equal(scene.last(0), null);
  link.sendTicks('TCS', MODE.QUOTE, { epoch: 5, seq: 9, time: 102 });
  assert.deepEqual(
    scene.drain().map(({ slot, seq }) => [slot, seq]),
    [[0, 9]],
  );
  assert.equal(scene.hold('SBIN').instrument.slot, 1);
  assert.equal(scene.slots.size, 2, 'no more slots than were held at once');
});

test('what is no tick message, or of another mode than its topic, is counted and left out, and what is beside it comes', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  scene.hold('INFY');
  const topic = Buffer.from(topicOf('INFY', MODE.QUOTE));
  const good = (seq: number) => tickFrame('INFY', { epoch: 5, seq, time: 100 + seq });
  const short = good(2).subarray(0, 100);
  const ltp = tickFrame('INFY', { epoch: 5, seq: 3, time: 103, mode: MODE.LTP });
  link.queue.push([topic, good(1), short, Buffer.alloc(0), Buffer.alloc(5000), ltp, good(2)]);
  link.queue.push([Buffer.alloc(0)]);
  link.queue.push([topic]);
  link.queue.push([Buffer.from('@status/angel/'), Buffer.from('{"revision": "high"}')]);
  link.queue.push([Buffer.from('@'), Buffer.from('null')]);
  assert.deepEqual(
    scene.drain().map(({ seq }) => seq),
    [1, 2],
  );
  assert.equal(scene.source.garbage, 6);
  assert.equal(scene.source.late, 1);
});

test('while the broker of a feed host is away there is no last value, also not one that was received before', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  scene.hold('INFY');
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 1, time: 100 });
  scene.drain();
  link.sendStatus('recovering', 200, 'INFY');
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 2, time: 199 });
  assert.equal(scene.drain().length, 1, 'clients get it all the same');
  assert.equal(scene.last(0), null);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 5, seq: 3, time: 201 });
  scene.drain();
  assert.equal(scene.last(0)?.seq, 3);
});

test('a host that falls silent or is away leaves its last value stale; its next word makes it fresh', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  scene.hold('INFY');
  const tick = { epoch: 5, seq: 1, time: 100 };
  link.sendTicks('INFY', MODE.QUOTE, tick);
  link.sendStatus('stale', 200, 'INFY');
  scene.drain();
  assert.equal(scene.last(0)?.flags, STALE);
  link.sendTicks('INFY', MODE.QUOTE, { ...tick, flags: SNAPSHOT });
  scene.drain();
  assert.equal(scene.last(0)?.flags, 0);
  scene.setState(0, 'away');
  assert.equal(scene.last(0)?.flags, STALE);
  assert.deepEqual(scene.news, [
    'stale 0: host 0 says',
    'recovering 0: the feed host tcp://host-0:5556 is away: the test says so',
  ]);
  scene.setState(0, 'up');
  assert.equal(scene.news.at(-1), 'stale 0: host 0 says', 'what the host had said holds again');
});

test('a host that was started with a clock set back is read on, in a new epoch; one that was not, is not renumbered', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  scene.hold('INFY');
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 500, seq: 8, time: 100 });
  scene.drain();
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 1, time: 101 });
  assert.deepEqual(scene.drain(), []);
  scene.group.onReborn(link);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 1, time: 101 }, { epoch: 300, seq: 2, time: 102 });
  assert.deepEqual(
    scene.drain().map(({ epoch, seq }) => [epoch, seq]),
    [
      [501, 1],
      [501, 2],
    ],
  );
  scene.group.onReborn(link);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 900, seq: 1, time: 103 });
  assert.deepEqual(
    scene.drain().map(({ epoch }) => epoch),
    [900],
  );
  link.sendStatus('recovering', 5000, 'INFY');
  scene.drain();
  scene.group.onReborn(link);
  link.sendTicks('INFY', MODE.QUOTE, { epoch: 200, seq: 1, time: 4000 });
  scene.drain();
  assert.equal(scene.last(0)?.time, 4000, 'what the clock said before means nothing any more');
});

test('orders, refusals and sessions reach the users and instruments that they are about', () => {
  const scene = new FeedGroupScene(1);
  const link = scene.links[0]!;
  scene.hold('INFY');
  link.sendEvent({
    type: 'account',
    revision: 5,
    name: 'anna',
    broker: 'angel',
    hasSession: true,
    isConnected: true,
  });
  link.sendEvent({
    type: 'account',
    revision: 4,
    name: 'anna',
    broker: 'angel',
    hasSession: false,
    isConnected: false,
  });
  link.sendEvent({ type: 'orders', userId: 'anna', text: '{"orderid": 1}' });
  const instruments = ['TCS', 'INFY'].map((symbol) => ({ exchange: 'NSE', symbol }));
  const refused = { broker: 'angel', mode: MODE.QUOTE, code: '', message: 'no', isLimit: false, instruments };
  link.sendEvent({ type: 'refused', ...refused });
  link.sendEvent({ type: 'heartbeat', host: 'h1', at: 1 });
  scene.drain();
  assert.deepEqual(scene.news, ['account 0/anna true true', 'order 0/anna {"orderid": 1}', 'refused 0: no']);
  assert.deepEqual(link.heartbeats, ['h1']);
  scene.setState(0, 'away');
  assert.equal(scene.news.at(-1), 'account 0/anna true false');
});

/** Two hosts of one feed: clients see the ticks of one, and a switch is a break that they are told of, never a step back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { chooseHost, type HostView } from '../../src/workers/bus-source/choose-host.ts';
import { FeedGroupScene, SNAPSHOT, STALE } from '../support/feed-group-scene.ts';

const LIVE: HostView = { isUp: true, status: 'live' };

test('the followed host is kept as long as it is well, or nobody else is', () => {
  const cases: readonly (readonly [HostView, HostView, number])[] = [
    [LIVE, LIVE, 0],
    [{ isUp: true, status: null }, LIVE, 0],
    [{ isUp: true, status: 'market_closed' }, LIVE, 0],
    [{ isUp: true, status: 'stale' }, LIVE, 1],
    [{ isUp: true, status: 'mute' }, LIVE, 1],
    [{ isUp: true, status: 'recovering' }, LIVE, 1],
    [{ isUp: true, status: 'session_expired' }, LIVE, 1],
    [{ isUp: true, status: 'connecting' }, LIVE, 1],
    [{ isUp: true, status: 'stale' }, { isUp: true, status: 'market_closed' }, 1],
    [{ isUp: false, status: 'live' }, LIVE, 1],
    [{ isUp: false, status: 'live' }, { isUp: true, status: null }, 0],
    [{ isUp: false, status: 'live' }, { isUp: true, status: 'stale' }, 0],
    [{ isUp: true, status: 'stale' }, { isUp: false, status: 'live' }, 0],
  ];
  for (const [followed, other, chosen] of cases) {
    assert.equal(chooseHost(0, [followed, other]), chosen, JSON.stringify([followed, other]));
    assert.equal(chooseHost(1, [other, followed]), 1 - chosen, JSON.stringify([other, followed]));
  }
});

function scene() {
  const played = new FeedGroupScene(2);
  const [a, b] = played.links as [(typeof played.links)[0], (typeof played.links)[0]];
  const entry = played.hold('INFY');
  a.sendStatus('live', 1, 'INFY');
  b.sendStatus('live', 1, 'INFY');
  a.sendTicks('INFY', MODE.QUOTE, { epoch: 900, seq: 10, time: 100 }, { epoch: 900, seq: 11, time: 101 });
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 50, time: 100 }, { epoch: 300, seq: 51, time: 101 });
  assert.deepEqual(
    played.drain().map(({ epoch, seq }) => [epoch, seq]),
    [
      [900, 10],
      [900, 11],
    ],
    'one of them is followed',
  );
  return { played, a, b, entry };
}

test('the topics are subscribed at both hosts, and both are given up together', () => {
  const { played, a, b, entry } = scene();
  assert.deepEqual([...a.subscribed], [...b.subscribed]);
  entry.need(0);
  played.group.update(entry);
  assert.deepEqual([a.subscribed.size, b.subscribed.size], [0, 0]);
});

test('when the followed host goes away the other one takes over in a higher epoch, with a word about it, and stays', () => {
  const { played, a, b } = scene();
  played.news.length = 0;
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 52, time: 102 });
  played.drain();
  played.setState(0, 'away');
  assert.deepEqual(played.news, [
    'live 0: host 1 says; the feed host was switched from tcp://host-0:5556 to tcp://host-1:5556',
  ]);
  assert.equal(played.group.switches, 1);
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 53, time: 103 });
  a.sendTicks('INFY', MODE.QUOTE, { epoch: 900, seq: 12, time: 102 });
  assert.deepEqual(
    played.drain().map(({ epoch, seq, time }) => [epoch, seq, time]),
    [
      [901, 52, 102],
      [901, 53, 103],
    ],
    'first what the other had meanwhile',
  );
  assert.equal(played.loss.lost, 0, 'a switch is no loss');
  played.setState(0, 'up');
  a.sendTicks('INFY', MODE.QUOTE, { epoch: 900, seq: 14, time: 104 });
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 54, time: 104 });
  assert.deepEqual(
    played.drain().map(({ epoch, seq }) => [epoch, seq]),
    [[901, 54]],
  );
  b.sendStatus('mute', 500, 'INFY');
  played.drain();
  assert.equal(played.group.switches, 2, 'back only when the other one is unwell');
  a.sendTicks('INFY', MODE.QUOTE, { epoch: 900, seq: 15, time: 105 });
  assert.deepEqual(
    played.drain().map(({ epoch, seq }) => [epoch, seq]),
    [[902, 15]],
  );
});

test('a last value of the other host that is older than what clients have is not shown to them', () => {
  const { played, b } = scene();
  played.setState(0, 'up');
  played.links[0]!.sendTicks('INFY', MODE.QUOTE, { epoch: 900, seq: 12, time: 105 });
  played.drain();
  played.setState(0, 'away');
  assert.deepEqual(played.drain(), []);
  assert.deepEqual([played.last(0)?.time, played.last(0)?.flags], [105, STALE]);
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 51, time: 101, flags: SNAPSHOT });
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 51, time: 101 });
  assert.deepEqual(played.drain(), [], 'nor when it is repeated');
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 52, time: 102, flags: SNAPSHOT });
  assert.deepEqual(played.drain(), [], 'nor another one, as long as it is older');
  assert.equal(played.last(0)?.time, 105);
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 53, time: 106 });
  assert.deepEqual(
    played.drain().map(({ epoch, seq }) => [epoch, seq]),
    [[901, 53]],
  );
  assert.deepEqual([played.last(0)?.time, played.last(0)?.flags], [106, 0]);
});

test('nor is the first word of a host that had said nothing when it was switched to, if it is older', () => {
  const played = new FeedGroupScene(2);
  const [a, b] = played.links as [(typeof played.links)[0], (typeof played.links)[0]];
  played.hold('INFY');
  for (const link of [a, b]) link.sendStatus('live', 1, 'INFY');
  a.sendTicks('INFY', MODE.QUOTE, { epoch: 900, seq: 10, time: 100 });
  played.drain();
  played.setState(0, 'away');
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 50, time: 99, flags: SNAPSHOT });
  assert.deepEqual(played.drain(), []);
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 51, time: 101 });
  assert.deepEqual(
    played.drain().map(({ epoch, seq }) => [epoch, seq]),
    [[901, 51]],
  );
});

test('of ticks of one second the exchange’s number says which clients have had, however far behind the other host is', () => {
  const played = new FeedGroupScene(2);
  played.hold('INFY');
  const [a, b] = played.links as [(typeof played.links)[0], (typeof played.links)[0]];
  for (const link of [a, b]) link.sendStatus('live', 1, 'INFY');
  const tick = (epoch: number, seq: number, exchangeSeq: number) => ({ epoch, seq, exchangeSeq, time: 1000 });
  a.sendTicks('INFY', MODE.QUOTE, tick(900, 1, 71), tick(900, 2, 72), tick(900, 3, 73));
  b.sendTicks('INFY', MODE.QUOTE, tick(300, 1, 71));
  assert.equal(played.drain().length, 3);
  played.setState(0, 'away');
  assert.deepEqual(played.drain(), [], 'its last value is one that they had');
  b.sendTicks('INFY', MODE.QUOTE, tick(300, 2, 72), tick(300, 3, 73), tick(300, 4, 74), tick(300, 5, 75));
  assert.deepEqual(
    played.drain().map(({ epoch, seq }) => [epoch, seq]),
    [
      [901, 4],
      [901, 5],
    ],
  );
});

test('the tick that clients have is fresh again when the standby has the very same one', () => {
  const played = new FeedGroupScene(2);
  played.hold('INFY');
  const [a, b] = played.links as [(typeof played.links)[0], (typeof played.links)[0]];
  for (const link of [a, b]) {
    link.sendStatus('live', 1, 'INFY');
    link.sendTicks('INFY', MODE.QUOTE, { epoch: 9, seq: 1, time: 1000, exchangeSeq: 7 });
  }
  played.drain();
  played.setState(0, 'away');
  assert.deepEqual(played.drain(), []);
  assert.equal(played.last(0)?.flags, 0);
});

test('an exchange whose numbers begin anew silences nobody behind a switch', () => {
  const played = new FeedGroupScene(2);
  played.hold('INFY');
  const [a, b] = played.links as [(typeof played.links)[0], (typeof played.links)[0]];
  for (const link of [a, b]) link.sendStatus('live', 1, 'INFY');
  a.sendTicks('INFY', MODE.QUOTE, { epoch: 9, seq: 1, time: 90_000, exchangeSeq: 700 });
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 3, seq: 1, time: 80_000, exchangeSeq: 600 });
  played.drain();
  played.setState(0, 'away');
  const anew = { epoch: 3, time: 1000 };
  b.sendTicks('INFY', MODE.QUOTE, { ...anew, seq: 2, exchangeSeq: 1, receivedNs: 94e9 });
  assert.deepEqual(played.drain(), []);
  b.sendTicks('INFY', MODE.QUOTE, { ...anew, seq: 3, exchangeSeq: 2, receivedNs: 96e9 });
  assert.equal(played.drain().length, 1);
});

test('where the exchange tells no time, the time of receipt says which value is older', () => {
  const absent = 1 << 11;
  const played = new FeedGroupScene(2);
  played.hold('INFY');
  const [a, b] = played.links as [(typeof played.links)[0], (typeof played.links)[0]];
  for (const link of [a, b]) link.sendStatus('live', 1, 'INFY');
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 3, seq: 1, time: 0, flags: absent, receivedNs: 5e9 });
  a.sendTicks('INFY', MODE.QUOTE, { epoch: 9, seq: 1, time: 0, flags: absent, receivedNs: 6e9 });
  played.drain();
  played.setState(0, 'away');
  assert.deepEqual(played.drain(), []);
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 3, seq: 2, time: 0, flags: absent, receivedNs: 7e9 });
  assert.equal(played.drain().length, 1);
});

test('an instrument that is given up and held again after a switch does not fall back to lower epochs', () => {
  const { played, b, entry } = scene();
  played.setState(0, 'away');
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 52, time: 102 });
  const before = played.drain().at(-1)!;
  entry.need(0);
  played.group.update(entry);
  played.hold('INFY', MODE.QUOTE, 1);
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 53, time: 103 });
  const after = played.drain().at(-1)!;
  assert.ok(after.epoch > before.epoch, `${after.epoch} after ${before.epoch}`);
});

test('nor does one that is given up while one host is followed, and held again when it is another', () => {
  const { played, b, entry } = scene();
  entry.need(0);
  played.group.update(entry);
  played.setState(0, 'away');
  played.hold('INFY', MODE.QUOTE, 1);
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 53, time: 103 });
  assert.deepEqual(
    played.drain().map(({ epoch }) => epoch),
    [901],
  );
  played.setState(0, 'up');
  const other = played.hold('TCS');
  played.links[0]!.sendTicks('TCS', MODE.QUOTE, { epoch: 900, seq: 1, time: 103 });
  assert.equal(played.drain()[0]?.epoch, 900, 'a host that was followed all the time keeps its own epochs');
  assert.equal(other.isRenumbered, false);
});

test('of an order that both hosts hear of, clients hear once', () => {
  const { played, a, b } = scene();
  for (const link of [a, b]) {
    const isConnected = link === b;
    const account = { name: 'anna', broker: 'angel', hasSession: isConnected, isConnected };
    link.sendEvent({ type: 'account', revision: 1, ...account });
  }
  played.drain();
  played.news.length = 0;
  for (const link of [a, b])
    link.sendEvent({ type: 'orders', userId: 'anna', text: `{"from": ${link.host}}` });
  played.drain();
  assert.deepEqual(played.news, ['order 0/anna {"from": 1}'], 'from the one that has her session');
});

test('what the other host had before a switch comes before what it sends after it', () => {
  const { played, a, b } = scene();
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 52, time: 102 });
  played.drain();
  a.sendStatus('stale', 200, 'INFY');
  b.sendTicks('INFY', MODE.QUOTE, { epoch: 300, seq: 53, time: 103 });
  assert.deepEqual(
    played.drain().map(({ epoch, seq }) => [epoch, seq]),
    [
      [901, 52],
      [901, 53],
    ],
  );
});

test('an older word about an instrument never replaces a later one', () => {
  const { played, a } = scene();
  const instruments = [{ exchange: 'NSE', symbol: 'INFY' }];
  const word = { type: 'status', reason: '', broker: 'angel', instruments } as const;
  a.sendEvent({ ...word, revision: 50, status: 'market_closed', since: 9 });
  a.sendEvent({ ...word, revision: 49, status: 'recovering', since: 8 });
  played.drain();
  assert.equal(played.news.at(-1), 'market_closed 0: ');
  assert.equal(played.group.switches, 0);
});

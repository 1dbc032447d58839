import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ServerMessage } from '../../src/codec/server-message.ts';
import type { Instrument } from '../../src/codec/tick.ts';
import { FeedStatusNotifier } from '../../src/workers/proxy/feed-status-notifier.ts';
import type { FeedStatusName, FeedStatusNews } from '../../src/workers/worker-messages.ts';
import { until } from '../support/until.ts';

function instrument(slot: number): Instrument {
  return { slot, broker: 'angel', exchange: 'NSE', symbol: `S${slot}`, segment: 1, token: String(slot) };
}

function news(status: FeedStatusName, since: number, ...slots: number[]): FeedStatusNews {
  return { type: 'feedStatus', status, since, reason: `why ${status}`, broker: 'angel', slots };
}

/** A client that keeps what it is told. */
class Receiver {
  readonly messages: ServerMessage[] = [];
  settle(): void {}
  send(message: ServerMessage): void {
    this.messages.push(message);
  }
  /** As `status since: symbols`. */
  get told(): string[] {
    return this.messages.map(({ status, since, instruments }) => {
      const symbols = (instruments as { symbol: string }[]).map(({ symbol }) => symbol);
      return `${status} ${since}: ${symbols}`;
    });
  }
}

function scene(t: TestContext) {
  const clock = { now: 0 };
  const notifier = new FeedStatusNotifier(() => performance.now() + clock.now);
  t.after(() => notifier.stop());
  return { notifier, clock };
}

test('a client is told at once of the instruments that it begins to hold, one message per status, and of no other', (t) => {
  const { notifier } = scene(t);
  const client = new Receiver();
  notifier.onNews(news('live', 1, 1, 2));
  notifier.onNews(news('market_closed', 2, 3));
  notifier.hold(client, [instrument(1), instrument(2), instrument(3), instrument(9)]);
  assert.deepEqual(client.told, ['live 1: S1,S2', 'market_closed 2: S3']);
  assert.deepEqual(client.messages[0], {
    type: 'feed_status',
    status: 'live',
    since: 1,
    reason: 'why live',
    broker: 'angel',
    instruments: [
      { symbol: 'S1', exchange: 'NSE' },
      { symbol: 'S2', exchange: 'NSE' },
    ],
  });
  notifier.hold(client, [instrument(1)]);
  assert.equal(client.messages.length, 2, 'another mode of the same instrument is no news');
});

test('each client is told of changes of what it holds, and of nothing that it gave back', async (t) => {
  const { notifier } = scene(t);
  const [one, two] = [new Receiver(), new Receiver()];
  notifier.onNews(news('live', 1, 1, 2));
  notifier.hold(one, [instrument(1), instrument(2)]);
  notifier.hold(two, [instrument(2)]);
  notifier.release(one, 2);
  notifier.onNews(news('stale', 5, 2));
  await until('the change', () => two.messages.length === 2);
  assert.deepEqual(two.told, ['live 1: S2', 'stale 5: S2']);
  assert.deepEqual(one.told, ['live 1: S1,S2']);
  notifier.release(two, 2);
  notifier.release(one, 1);
  assert.equal(notifier.watchers, 0, 'nothing is kept of clients that hold nothing');
});

test('nothing is kept of a client that goes before it holds all that it was told of', (t) => {
  const { notifier } = scene(t);
  const client = new Receiver();
  notifier.onNews(news('live', 1, 1, 2));
  notifier.hold(client, [instrument(1), instrument(2)]);
  notifier.release(client, 1);
  notifier.forgetReceiver(client);
  assert.equal(notifier.watchers, 0);
});

test('a feed that comes and goes tells a status once a second, and in the end the truth', async (t) => {
  const { notifier, clock } = scene(t);
  const client = new Receiver();
  notifier.onNews(news('live', 0, 1));
  notifier.hold(client, [instrument(1)]);
  for (let i = 1; i <= 50; i++) {
    notifier.onNews(news(i % 2 === 0 ? 'live' : 'recovering', i, 1));
    // Longer than changes are gathered.
    await new Promise((resolve) => setTimeout(resolve, i % 2 === 0 ? 30 : 1));
  }
  assert.ok(client.messages.length > 0 && client.messages.length <= 4, client.told.join());
  notifier.onNews(news('recovering', 51, 1));
  clock.now += 1000;
  await until('the truth', () => client.told.at(-1) === 'recovering 51: S1', 3000);
});

test('a status that was just told does not hold back another', async (t) => {
  const { notifier } = scene(t);
  const client = new Receiver();
  notifier.onNews(news('live', 0, 1, 2));
  notifier.hold(client, [instrument(1), instrument(2)]);
  notifier.onNews(news('live', 1, 1));
  await new Promise((resolve) => setTimeout(resolve, 40));
  const before = performance.now();
  notifier.onNews(news('mute', 2, 1));
  await until('the other status', () => client.told.includes('mute 2: S1'));
  assert.ok(performance.now() - before < 500);
});

test('a change for very many clients is worked off in slices, and reaches every one', async (t) => {
  const { notifier } = scene(t);
  const clients = Array.from({ length: 60 }, () => new Receiver());
  const instruments = Array.from({ length: 500 }, (_, slot) => instrument(slot));
  const slots = instruments.map(({ slot }) => slot);
  for (const client of clients) notifier.hold(client, instruments);
  const perTurn: number[] = [];
  let before = 0;
  const turn = setInterval(() => {
    const sent = notifier.sent;
    if (sent > before) perTurn.push(sent - before);
    before = sent;
  }, 0);
  t.after(() => clearInterval(turn));
  notifier.onNews(news('mute', 1, ...slots));
  await until('all', () => clients.every(({ messages }) => messages.length === 1));
  assert.ok(Math.max(...perTurn) < clients.length, `the event loop turned in between: ${perTurn}`);
  assert.ok(clients.every(({ messages }) => (messages[0]!.instruments as unknown[]).length === 500));
});

test('a client whose instrument moved to another token is told how that one stands', async (t) => {
  const { notifier } = scene(t);
  const client = new Receiver();
  notifier.onNews(news('live', 1, 1));
  notifier.hold(client, [instrument(1)]);
  notifier.onNews(news('market_closed', 2, 7));
  notifier.release(client, 1);
  notifier.holdMoved(client, { ...instrument(1), slot: 7 });
  await until('the status', () => client.told.at(-1) === 'market_closed 2: S1');
});

test('a slot that is another instrument now shows nothing of how the one before stood', (t) => {
  const { notifier } = scene(t);
  const client = new Receiver();
  notifier.onNews(news('session_expired', 1, 1));
  notifier.forget(1);
  notifier.hold(client, [instrument(1)]);
  assert.deepEqual(client.told, []);
});

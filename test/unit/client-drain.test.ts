/** Who is let go when, and with what words. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FEATURE } from '../../src/codec/framing.ts';
import type { ServerMessage } from '../../src/codec/server-message.ts';
import type { DrainNews } from '../../src/workers/drain-messages.ts';
import { ClientDrain } from '../../src/workers/proxy/connection/client-drain.ts';
import type { ClientSession } from '../../src/workers/proxy/connection/client-session.ts';
import type { Close } from '../../src/workers/proxy/connection/close-codes.ts';
import { until } from '../support/until.ts';

interface Client {
  readonly session: ClientSession;
  readonly told: ServerMessage[];
  unsent: number;
  isBusy: boolean;
  closed: Close | null;
}

class Scene {
  readonly sessions = new Set<ClientSession>();
  readonly news: DrainNews[] = [];

  client(features = 0, endMs = 0): Client {
    const { sessions } = this;
    const told: ServerMessage[] = [];
    const fake = {
      options: { framing: 'json', dialect: 'openalgo', features, slow: null, chosen: {} } as const,
      slow: null as ClientSession['slow'],
      get backlogBytes() {
        return client.unsent;
      },
      get isBusy() {
        return client.isBusy;
      },
      send: (message: ServerMessage) => void told.push(message),
      end: (close: Close) => {
        client.closed = close;
        sessions.delete(client.session);
        for (const end = performance.now() + endMs; performance.now() < end; );
      },
    } satisfies Partial<ClientSession>;
    const client: Client = {
      session: fake as Partial<ClientSession> as ClientSession,
      told,
      unsent: 0,
      isBusy: false,
      closed: null,
    };
    sessions.add(client.session);
    return client;
  }

  begin(t: TestContext): ClientDrain {
    const { sessions, news } = this;
    const request = { type: 'drain', reason: 'stop', spreadMs: 10_000 } as const;
    const drain = new ClientDrain({ sessions, request, onNews: (each) => void news.push(each) });
    t.after(() => drain.stop());
    drain.begin();
    return drain;
  }

  untilDone(): Promise<unknown> {
    return until('the end of the drain', () => this.news.at(-1)?.isDone);
  }
}

test('everybody reads when to come back, those with status in a message as well, and is closed with 1001', async (t) => {
  const scene = new Scene();
  const plain = scene.client();
  const status = scene.client(FEATURE.STATUS);
  scene.begin(t);
  await scene.untilDone();
  const [message] = status.told;
  assert.deepEqual(
    { ...message, reconnect_after_ms: 0 },
    { type: 'going_away', reason: 'stop', reconnect_after_ms: 0 },
  );
  const reason = `going away; reconnect in ${message?.reconnect_after_ms} ms`;
  assert.deepEqual(status.closed, { code: 1001, counter: 'goingAway', reason });
  assert.deepEqual(plain.told, []);
  assert.match(plain.closed?.reason ?? '', /^going away; reconnect in \d+ ms$/);
  assert.deepEqual(scene.news.at(-1), {
    type: 'draining',
    clients: 0,
    unsentBytes: 0,
    closed: 2,
    isDone: true,
  });
});

test('a client is not closed while something is to be sent to it, or a request of its is to be answered', async (t) => {
  const scene = new Scene();
  const behind = scene.client();
  behind.unsent = 1000;
  const asking = scene.client(FEATURE.STATUS);
  asking.isBusy = true;
  const quick = scene.client();
  scene.begin(t);
  await until('the close of the quick one', () => quick.closed);
  assert.equal(asking.told.length, 1);
  asking.isBusy = false;
  await until('the close of the one that asked', () => asking.closed);
  assert.equal(asking.told.length, 1, 'told once');
  assert.ok(scene.sessions.has(behind.session));
  const { clients, unsentBytes, isDone } = scene.news.at(-1)!;
  assert.equal(isDone, false);
  assert.ok(clients >= 1 && unsentBytes === 1000);
  behind.unsent = 0;
  await scene.untilDone();
  assert.ok(scene.sessions.size === 0 && scene.news.at(-1)?.closed === 3);
});

test('clients whose subscriptions take long to give up are closed in several turns, each once', async (t) => {
  const scene = new Scene();
  const clients = Array.from({ length: 6 }, () => scene.client(FEATURE.STATUS, 3));
  scene.begin(t);
  assert.equal(clients.filter(({ closed }) => closed !== null).length, 1, 'the event loop has its turn');
  await scene.untilDone();
  for (const { closed, told } of clients) {
    assert.equal(closed?.code, 1001);
    assert.equal(told.length, 1);
  }
});

test('a client that came in the last moment is let go like the others, and a drain of nobody is done at once', async (t) => {
  const scene = new Scene();
  scene.client().isBusy = true;
  const drain = scene.begin(t);
  const late = scene.client();
  await until('the close of the late one', () => late.closed);
  assert.match(late.closed?.reason ?? '', /reconnect in \d+ ms$/);
  drain.stop();
  const empty = new Scene();
  empty.begin(t);
  await empty.untilDone();
});

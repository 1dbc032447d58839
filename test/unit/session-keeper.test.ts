/** Who is cut off for not reading or not asking, and what the others notice of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientSession } from '../../src/workers/proxy/connection/client-session.ts';
import { CLOSE } from '../../src/workers/proxy/connection/close-codes.ts';
import { SessionKeeper } from '../../src/workers/proxy/connection/session-keeper.ts';
import { BUDGETS, KEEPER_LIMITS as LIMITS, NO_LADDER } from '../support/calm-keeper.ts';

function sessionWith(bufferedBytes: number, end: (session: ClientSession) => void): ClientSession {
  const session: Partial<ClientSession> = {
    identity: {
      owner: 'anna',
      userId: 'anna',
      account: 'anna',
      broker: 'angel',
      keyId: 'openalgo:anna',
      rights: null,
    },
    options: { framing: 'json', dialect: 'openalgo', features: 0, slow: null, chosen: {} },
    connectedAt: performance.now(),
    lastPingAt: performance.now(),
    pingSentAt: 0,
    open: true,
    socket: { getBufferedAmount: () => bufferedBytes } as ClientSession['socket'],
    end: () => end(session as ClientSession),
  };
  return session as ClientSession;
}

/** Five clients behind by so many bytes, which take their time to be cut off. @returns in which turns they were */
async function turnsOfCuts(bufferedBytes: number): Promise<number[]> {
  let turn = 0;
  const turns: number[] = [];
  const sessions = new Set<ClientSession>();
  const end = (session: ClientSession) => {
    turns.push(turn);
    session.open = false;
    sessions.delete(session);
    // As long as a client with very many subscriptions takes.
    for (const until = performance.now() + 3; performance.now() < until; );
  };
  for (let i = 0; i < 5; i++) sessions.add(sessionWith(bufferedBytes, end));
  const reader = sessionWith(500, () => assert.fail('one that reads was cut off'));
  sessions.add(reader);
  const keeper = new SessionKeeper(sessions, LIMITS, BUDGETS, NO_LADDER);
  try {
    for (; turns.length < 5; turn++) await nextTurn();
  } finally {
    keeper.stop();
  }
  assert.deepEqual([...sessions], [reader]);
  return turns;
}

test('clients that became slow together are cut off in different turns, so that ticks for others pass between', async () => {
  assert.equal(new Set(await turnsOfCuts(501)).size, 5);
});

test('clients that are near the limit at which messages would be dropped are cut off at once', async () => {
  assert.equal(new Set(await turnsOfCuts(751)).size, 1);
});

test('a client that has left by itself before its turn is not counted as slow', async () => {
  const sessions = new Set<ClientSession>();
  const ended: ClientSession[] = [];
  const end = (session: ClientSession) => {
    ended.push(session);
    for (const other of sessions) other.open = false;
    sessions.clear();
  };
  for (let i = 0; i < 2; i++) sessions.add(sessionWith(501, end));
  const keeper = new SessionKeeper(sessions, LIMITS, BUDGETS, NO_LADDER);
  try {
    while (ended.length === 0) await nextTurn();
    for (let i = 0; i < 3; i++) await nextTurn();
  } finally {
    keeper.stop();
  }
  assert.equal(ended.length, 1);
});

test('what waits for a client after a quiet time is not taken to be as old as the quiet', async (t) => {
  let passedMs = 0;
  const present = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => present() + passedMs);
  const age = Promise.withResolvers<number>();
  const ladder: typeof NO_LADDER = {
    ...NO_LADDER,
    look: (_session, _backlogBytes, now, emptyAt) => {
      age.resolve(now - emptyAt);
      return 'well';
    },
  };
  const session = sessionWith(100, () => assert.fail('cut off'));
  const keeper = new SessionKeeper(new Set([session]), LIMITS, BUDGETS, ladder);
  try {
    passedMs = 30_000;
    keeper.stir();
    assert.ok((await age.promise) < 10_000, 'as old as the last round');
  } finally {
    keeper.stop();
  }
});

test('a client that stops reading is cut off soon after ticks begin to flow again, however quiet it was before', async () => {
  const sessions = new Set<ClientSession>();
  let bufferedBytes = 0;
  const ended = Promise.withResolvers<void>();
  const session = sessionWith(0, () => ended.resolve());
  session.socket.getBufferedAmount = () => bufferedBytes;
  sessions.add(session);
  const keeper = new SessionKeeper(sessions, LIMITS, BUDGETS, NO_LADDER);
  try {
    // In time for neither a round nor a second one of a keeper that nothing stirs.
    const beganAt = performance.now();
    bufferedBytes = 501;
    keeper.stir();
    await ended.promise;
    assert.ok(performance.now() - beganAt < 400, 'as late as the rounds of a quiet time');
  } finally {
    keeper.stop();
  }
});

test('a client that asked for nothing for long stays while it is still let join what it asked for then', async () => {
  const limits = { ...LIMITS, pingIntervalMs: 1 };
  const budgets = { ...BUDGETS, limits: { idleTimeoutMs: 1 }, getsOrders: () => false };
  const ended: string[] = [];
  const pinged = Promise.withResolvers<void>();
  const connect = (name: string, isBusy: boolean): ClientSession => {
    const session = sessionWith(0, () => {});
    const end: ClientSession['end'] = ({ code }) => void ended.push(`${name} ${code}`);
    const socket = { ...session.socket, ping: () => void (isBusy && pinged.resolve()) };
    return Object.assign(session, { end, socket, isBusy, holdings: new Map(), lastRequestAt: 0 });
  };
  // In this order: when the second one is looked at, the first one has been.
  const sessions = new Set([connect('idle', false), connect('joining', true)]);
  const keeper = new SessionKeeper(sessions, limits, budgets, NO_LADDER);
  try {
    await pinged.promise;
    await nextTurn();
  } finally {
    keeper.stop();
  }
  assert.deepEqual(ended, [`idle ${CLOSE.IDLE.code}`]);
});

test('what takes long for a client that falls behind is done over several turns, so that ticks for others pass between', async () => {
  let left = 5;
  let turn = 0;
  const turns: number[] = [];
  const ladder: typeof NO_LADDER = {
    look: () => (left === 5 ? 'act' : 'well'),
    act: (_session, _now, until) => {
      turns.push(turn);
      while (performance.now() < until);
      left--;
      return left > 0 ? 'more' : 'done';
    },
  };
  const session = sessionWith(100, () => assert.fail('cut off'));
  const keeper = new SessionKeeper(new Set([session]), LIMITS, BUDGETS, ladder);
  try {
    for (; left > 0; turn++) await nextTurn();
  } finally {
    keeper.stop();
  }
  assert.equal(new Set(turns).size, 5);
});

test('a look at very many connections is done over several turns, and comes to all of them', async () => {
  const sessions = new Set<ClientSession>();
  let turn = 0;
  const turns: number[] = [];
  for (let i = 0; i < 200; i++) {
    const session = sessionWith(0, () => assert.fail('cut off'));
    session.socket.getBufferedAmount = () => {
      turns.push(turn);
      for (const until = performance.now() + 0.02; performance.now() < until; );
      return 0;
    };
    sessions.add(session);
  }
  const keeper = new SessionKeeper(sessions, LIMITS, BUDGETS, NO_LADDER);
  try {
    for (; turns.length < sessions.size; turn++) await nextTurn();
  } finally {
    keeper.stop();
  }
  assert.equal(turns.length, sessions.size);
  assert.ok(new Set(turns).size > 5, `in ${new Set(turns).size} turns`);
});

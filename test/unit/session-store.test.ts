/** What main keeps of clients that are away: for whom, for how long, how much, and what happens at the limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  SESSION_OVERHEAD_BYTES,
  type SessionLimits,
  SessionStore,
} from '../../src/main/sessions/session-store.ts';
import type { FromSessionStore, SessionGrant } from '../../src/workers/session-messages.ts';

const IMAGE = new Uint8Array([1, 2, 3]);

/** A store whose clock stands still until the test moves it, and the workers that ask it. */
function scene(limits: Partial<SessionLimits> = {}) {
  const clock = { ms: 0 };
  const store = new SessionStore(
    { sessionRetentionMs: 1000, sessionsPerKey: 3, sessionBytes: 65_536, ...limits },
    () => clock.ms,
  );
  const told: { readonly reader: number; readonly message: FromSessionStore }[] = [];
  let id = 0;
  const replyTo = (reader: number) => (message: FromSessionStore) => void told.push({ reader, message });
  const send = (reader: number, message: Parameters<SessionStore['onMessage']>[1]) =>
    store.onMessage(reader, message, replyTo(reader));
  /** Asks, and returns how to read the answer, which may come later. */
  const ask = (reader: number, holder: string, session: string | null = null) => {
    const question = ++id;
    send(reader, { type: 'sessionWanted', id: question, holder, session });
    return (): SessionGrant | undefined => {
      for (const { message } of told) {
        if (message.type === 'sessionGranted' && message.id === question) return message.grant;
      }
      return undefined;
    };
  };
  const open = (holder: string, reader = 1) => ask(reader, holder)()!.session!;
  const park = (session: string, image = IMAGE, reader = 1) =>
    send(reader, { type: 'sessionParked', session, image });
  const taken = () =>
    told.flatMap(({ message }) => (message.type === 'sessionTaken' ? [message.session] : []));
  return { clock, store, send, ask, open, park, taken };
}

test('what was parked comes back once, to its own key alone, with the time of the absence', (t) => {
  const { clock, store, ask, open, park } = scene();
  t.after(() => store.stop());
  const session = open('a');
  assert.match(session, /^[\w-]{22}$/);
  park(session);
  clock.ms = 400;
  for (const [holder, id] of [
    ['b', session],
    ['a', 'AAAAAAAAAAAAAAAAAAAAAA'],
  ] as const) {
    const other = ask(1, holder, id)()!;
    assert.equal(other.image, null);
    assert.notEqual(other.session, session, 'whoever asks in vain has a new one');
  }
  assert.deepEqual(ask(2, 'a', session)(), { session, refusal: '', image: IMAGE, awayMs: 400 });
});

test('a session that is connected is taken over: its worker closes the connection, and the image goes to who asked', (t) => {
  const { store, ask, open, park, taken } = scene();
  t.after(() => store.stop());
  const session = open('a');
  const second = ask(2, 'a', session);
  const third = ask(3, 'a', session);
  assert.deepEqual([second(), taken()], [undefined, [session]]);
  park(session);
  assert.deepEqual(second()?.image, IMAGE);
  assert.deepEqual(
    [third(), taken()],
    [undefined, [session, session]],
    'the next one takes it from the second',
  );
  park(session, IMAGE, 2);
  assert.equal(third()?.session, session);
  park(session, IMAGE, 1);
  assert.equal(store.counts.parked, 0, 'a worker that has it no more parks nothing');
});

test('nobody waits for ever: when the worker that has a session ends, who asked for it gets a new one', (t) => {
  const { store, ask, open, park } = scene();
  t.after(() => store.stop());
  const session = open('a');
  const kept = open('a');
  park(kept);
  const waiting = ask(2, 'a', session);
  store.onReaderGone(1);
  assert.equal(waiting()?.image, null);
  assert.notEqual(waiting()?.session, session);
  assert.deepEqual(ask(2, 'a', kept)()?.image, IMAGE, 'what was parked outlives the worker');
});

test('a session that nobody comes back to expires, by itself', (t) => {
  const { clock, store, ask, open, park } = scene();
  t.after(() => store.stop());
  const [early, late] = [open('a'), open('a')];
  park(early);
  clock.ms = 600;
  park(late);
  clock.ms = 1000;
  assert.equal(ask(1, 'a', early)()?.image, null);
  assert.deepEqual(ask(1, 'a', late)()?.image, IMAGE);
});

test('the timer frees what has expired while nobody asks for anything', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { clock, store, open, park } = scene();
  const [early, late] = [open('a'), open('a')];
  const pass = (ms: number) => {
    clock.ms += ms;
    t.mock.timers.tick(ms);
    return store.counts.parked;
  };
  park(early);
  pass(600);
  park(late);
  assert.deepEqual([pass(399), pass(1), pass(599), pass(1)], [2, 1, 1, 0]);
  assert.deepEqual(store.counts, { live: 0, parked: 0, bytes: 0 });
  store.stop();
});

test('a key with as many sessions as it may have gives up the one that it left first, and no connected one', (t) => {
  const { store, ask, open, park } = scene();
  t.after(() => store.stop());
  const [first, second, third] = [open('a'), open('a'), open('a')];
  const refused = ask(1, 'a')()!;
  assert.equal(refused.session, null);
  assert.match(refused.refusal, /all 3 sessions .*TICKWIRE_SESSIONS_PER_KEY/);
  assert.notEqual(ask(1, 'b')()!.session, null, 'other keys have their own');
  park(third);
  park(second);
  assert.notEqual(ask(1, 'a')()!.session, null);
  assert.deepEqual(ask(1, 'a', second)()?.image, IMAGE);
  const gone = ask(1, 'a', third)()!;
  assert.deepEqual(
    [gone.image, gone.session],
    [null, null],
    'it was pushed out, and all three are connected now',
  );
  park(first);
  assert.deepEqual(ask(1, 'a', first)()?.image, IMAGE);
});

test('when the memory is full, the key that keeps most gives way, and not the others', (t) => {
  const size = 10_000;
  const { store, ask, open, park } = scene({
    sessionsPerKey: 100,
    sessionBytes: 4 * (size + SESSION_OVERHEAD_BYTES),
  });
  t.after(() => store.stop());
  const modest = open('modest');
  park(modest, new Uint8Array(size));
  const greedy = Array.from({ length: 6 }, () => open('greedy'));
  for (const session of greedy) park(session, new Uint8Array(size));
  assert.ok(store.counts.bytes <= 4 * (size + SESSION_OVERHEAD_BYTES));
  assert.equal(ask(1, 'greedy', greedy[0]!)()?.image, null);
  assert.equal(ask(1, 'greedy', greedy[5]!)()?.image?.length, size);
  assert.equal(ask(1, 'modest', modest)()?.image?.length, size);
  const huge = open('huge');
  park(huge, new Uint8Array(5 * size));
  assert.equal(ask(1, 'huge', huge)()?.image, null, 'what can never fit is not kept, and pushes nobody out');
});

test('bytes are counted to the last one, whatever becomes of the sessions', (t) => {
  const { store, send, ask, open, park } = scene();
  const dropped = open('a');
  send(1, { type: 'sessionDropped', session: dropped });
  const resumed = open('a');
  park(resumed);
  ask(2, 'a', resumed);
  const lost = open('b');
  assert.deepEqual(store.counts, { live: 2, parked: 0, bytes: 2 * SESSION_OVERHEAD_BYTES });
  park(lost);
  store.onReaderGone(2);
  assert.deepEqual(store.counts, { live: 0, parked: 1, bytes: SESSION_OVERHEAD_BYTES + IMAGE.length });
  t.after(() => store.stop());
});

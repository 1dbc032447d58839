/** What those who look may cost the main thread, however many they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, KeyCheck } from '../../src/main/dashboard/key-check.ts';
import { LiveConnections, type LiveSocket } from '../../src/main/dashboard/live-connections.ts';

const ADMIN = 'the admin key of this test';
const VIEWER = 'the viewer key of this test';

test('one key asks main no more on many connections than on a few, and those of the other key are answered', () => {
  let asked = 0;
  const keys = new KeyCheck({ admin: digestOf(ADMIN), viewer: digestOf(VIEWER) });
  const live = new LiveConnections(keys, { history: [], page: null }, ({ type }) => {
    if (type === 'request') asked++;
  });
  const open = (key: string) => {
    const refusals: string[] = [];
    const data: ReturnType<LiveSocket['getUserData']> = { address: '192.0.2.7', connection: undefined };
    const socket: LiveSocket = {
      getUserData: () => data,
      send: (message) => refusals.push(String(message)),
      end: () => {},
      close: () => {},
    };
    const say = (message: object) =>
      live.message(socket, Uint8Array.from(Buffer.from(JSON.stringify(message))).buffer);
    live.open(socket);
    say({ key });
    return { say, refusals };
  };
  const viewers = Array.from({ length: 48 }, () => open(VIEWER));
  for (const { say } of viewers) for (let i = 0; i < 10; i++) say({ do: 'log', last: 1000 });
  assert.ok(asked >= 60 && asked < 100, `${asked} requests`);
  assert.match(viewers.at(-1)!.refusals.join(), /TOO_MANY_REQUESTS/);
  const before = asked;
  const admin = open(ADMIN);
  admin.say({ do: 'config' });
  assert.deepEqual([asked, admin.refusals], [before + 1, []]);
});

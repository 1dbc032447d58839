/** Sockets that are no client's yet: how many one address may hold of them, whatever it does with them. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { firstLine, ListenerScene, PAGE, UPGRADE } from '../support/listener-scene.ts';
import { until } from '../support/until.ts';

const ATTACKER = '127.0.0.66';
const OTHER = '127.0.0.7';
const PLACES = 20;
const ARGV = [`--max-handshakes=${PLACES}`, '--trusted-proxies=none'];
/** More than the system takes at once from whoever does not read. */
const LONG_PAGE = 'x'.repeat(16 * 1024 * 1024);

function scene(t: TestContext, pageHtml?: string, argv = ARGV): ListenerScene {
  return new ListenerScene(t, { argv, ...(pageHtml !== undefined && { pageHtml }) });
}

async function attack(listener: ListenerScene, bytes: string, count = 3 * PLACES): Promise<Socket[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => listener.socket(bytes, ATTACKER)));
  const { limits } = listener;
  await until('all that is refused', () => limits.handshakes.refused >= count - PLACES / 2 || undefined);
  return sockets;
}

const settled = (listener: ListenerScene, handshakes: number) =>
  until(`${handshakes} handshakes`, () => listener.held.handshakes === handshakes);

test('an address that holds all handshakes that it can does not keep others out', async (t) => {
  const listener = scene(t);
  const sockets = await attack(listener, '');
  assert.equal(listener.held.handshakes, PLACES / 2);
  for (let i = 0; i < PLACES; i++) {
    const client = await listener.socket(UPGRADE, OTHER);
    assert.match((await firstLine(client)) ?? 'closed', / 101 /);
  }
  // What is given back it may have again.
  for (const socket of sockets) socket.destroy();
  await settled(listener, 0);
  assert.match((await firstLine(await listener.socket(PAGE, ATTACKER))) ?? 'closed', / 200 /);
});

/** Waits without a timer. */
async function turns(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}

test('readers of the page that do not read hold no more places, and not for ever', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const listener = scene(t, LONG_PAGE);
  const { server, limits } = listener;
  for (let i = 0; i < 2 * PLACES; i++) (await listener.socket(PAGE, ATTACKER)).pause();
  await turns(() => server.counts.httpRequests + limits.handshakes.refused >= 2 * PLACES);
  const { handshakes } = listener.held;
  assert.ok(handshakes >= 1 && handshakes <= PLACES / 2, `${handshakes} places`);
  assert.match((await firstLine(await listener.socket(UPGRADE, OTHER))) ?? 'closed', / 101 /);
  t.mock.timers.tick(5000);
  assert.equal(listener.held.handshakes, handshakes, 'it has its time');
  t.mock.timers.tick(5000);
  assert.equal(listener.held.handshakes, 0);
});

test('no request behind another one makes an address hold fewer sockets than it does', async (t) => {
  const listener = scene(t);
  const held = await Promise.all(Array.from({ length: 5 }, () => listener.socket('', ATTACKER)));
  await settled(listener, 5);
  const other = 'POST /other HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody';
  for (const bytes of [PAGE + UPGRADE, PAGE + PAGE + PAGE, other + UPGRADE, other.slice(0, -2)]) {
    for (let i = 0; i < 10; i++) {
      const socket = await listener.socket(bytes, ATTACKER);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      await closed;
    }
  }
  await settled(listener, 5);
  assert.equal(listener.server.sessions.size, 0);
  await attack(listener, '');
  assert.equal(listener.held.handshakes, PLACES / 2);
  for (const socket of held) socket.destroy();
});

test('clients of one address that come and go leave no count behind', async (t) => {
  const listener = scene(t);
  for (let round = 0; round < 3 * PLACES; round++) {
    const bytes = [UPGRADE, PAGE, 'GET / HTTP/1.1\r\n\r\n', ''][round % 4]!;
    const socket = await listener.socket(bytes, OTHER);
    // The library waits for more where it reads no request.
    if (bytes === UPGRADE || bytes === PAGE) await firstLine(socket);
    else await settled(listener, 1);
    socket.destroy();
    await until('it to be gone', () => listener.held.handshakes + listener.server.sessions.size === 0);
  }
  assert.equal(listener.limits.handshakes.refused, 0);
});

/** More than enough for an address to hold all its places, if each left one behind. */
const ROUNDS = PLACES / 2 + 2;

/** Sends a request in parts that are read one by one, and waits until its socket is gone. */
async function ask(listener: ListenerScene, parts: readonly string[]): Promise<void> {
  const socket = await listener.socket('', OTHER);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.setNoDelay(true).resume();
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, resolve));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  await settled(listener, 0);
}

for (const [isTls, length] of [
  [false, 15_000],
  [false, 19_000],
  [false, 1_000_000],
  [true, 19_000],
] as const) {
  const protocol = isTls ? 'https' : 'http';
  test(`who reads a page of ${length} bytes over ${protocol} again and again is never taken for an attacker`, async (t) => {
    const listener = new ListenerScene(t, { argv: ARGV, isTls, pageHtml: 'x'.repeat(length) });
    for (let round = 0; round < ROUNDS; round++) {
      await ask(listener, [[PAGE], [PAGE + PAGE], ['GET / HTTP/1.1\r\nHo', 'st: test\r\n\r\n']][round % 3]!);
    }
    assert.equal(listener.limits.handshakes.refused, 0);
  });
}

const POST = 'POST / HTTP/1.1\r\nHost: test\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
for (const [name, ...parts] of [
  ['promises chunks and sends none', `${POST}${CHUNKED}\r\n`],
  ['sends half a chunk', `${POST}${CHUNKED}\r\n5\r\nhal`],
  ['sends all its chunks', `${POST}${CHUNKED}\r\n0\r\n\r\n`],
  ['has an empty body, and a head in two parts', `${POST}Content-Le`, 'ngth: 0\r\n\r\n'],
  ['promises a body and sends none', `${POST}Content-Length: 4\r\n\r\n`],
  ['waits until it may send its body', `${POST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`],
  ['sends its body', `${POST}Content-Length: 4\r\n\r\nbody`],
  ['wants an upgrade and promises chunks', UPGRADE.replace('\r\n', `\r\n${CHUNKED}`)],
  ['asks for the page and has an empty body', PAGE.replace('\r\n', '\r\nContent-Length: 0\r\n')],
  ['asks on behind its body', `${POST}Content-Length: 0\r\n\r\n${PAGE}${UPGRADE}`],
  ['asks for the head of the page', PAGE.replace('GET', 'HEAD')],
] as const) {
  test(`a request that ${name} leaves no count behind that would shut its address out`, async (t) => {
    const listener = scene(t);
    for (let round = 0; round < ROUNDS; round++) await ask(listener, parts);
    assert.equal(listener.limits.handshakes.refused, 0);
    assert.match((await firstLine(await listener.socket(PAGE, OTHER))) ?? 'closed', / 200 /);
  });
}

test('a trusted reverse proxy may hold all places: it brings many', async (t) => {
  const listener = scene(t, undefined, [`--max-handshakes=${PLACES}`, `--trusted-proxies=${ATTACKER}`]);
  await Promise.all(Array.from({ length: PLACES }, () => listener.socket('', ATTACKER)));
  await settled(listener, PLACES);
});

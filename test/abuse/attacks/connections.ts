/** Attacks with connections as such: very many, very often, very slowly. */
import { maskedFrame, OPCODE, upgradeRequest } from '../../../bench/end-to-end/websocket-wire.ts';
import { type Attack, judgeEffort } from '../attack.ts';
import type { Crowd } from '../crowd.ts';
import type { HostileSocket } from '../hostile-socket.ts';

const IDLE = 5000;
/** The others never authenticate: they are cut off when their time is up, and come again. */
const IDLE_WITH_KEY = 1500;
/** At a time: more only wait for one another. */
const CONNECTING = 100;

async function idle(crowd: Crowd): Promise<void> {
  let next = 0;
  const connectMore = async () => {
    while (next < IDLE && !crowd.isOver) {
      const place = next++;
      const socket = crowd.connect(place);
      const isOpen = await socket.opened;
      if (isOpen && place < IDLE_WITH_KEY)
        await socket.ask({ action: 'authenticate', api_key: crowd.target.apiKey });
    }
  };
  await Promise.all(Array.from({ length: CONNECTING }, connectMore));
  await crowd.over;
}

export const idleConnections: Attack = {
  name: 'idle-connections',
  summary: '5,000 connections that stay, 1,500 of them with a good key',
  leastSeconds: 2.5,
  run: idle,
  judge: judgeEffort({ opened: 20 }),
};

const CHURN_PER_SECOND = 200;
const CHURN_SYMBOLS = 20;

/** In turn: gone as soon as it is connected, gone behind the upgrade, gone with subscriptions. */
async function comeAndGo(crowd: Crowd, turn: number): Promise<void> {
  const kind = turn % 4;
  if (kind === 3) {
    const symbols = crowd.target.symbols.slice(0, CHURN_SYMBOLS);
    (await crowd.join(turn, symbols))?.leave();
    return;
  }
  const socket = crowd.connect(turn, { isRaw: kind === 0 });
  await socket.opened;
  if (kind === 2) socket.sendText('{"action": "ping"}');
  socket.leave(kind === 1);
}

export const connectionChurn: Attack = {
  name: 'connection-churn',
  summary: '200 connections a second that go at once, orderly, by reset, or with 20 subscriptions',
  run: (crowd) => crowd.atRate(CHURN_PER_SECOND, (turn) => void comeAndGo(crowd, turn)),
  judge: judgeEffort({ opened: 10 }),
};

const DRIBBLERS = 200;
const BYTE_EVERY_MS = 50;

async function dribble(crowd: Crowd, socket: HostileSocket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !crowd.isOver && !socket.isOver; at++) {
    socket.write(bytes.subarray(at, at + 1));
    await crowd.pause(BYTE_EVERY_MS);
  }
}

/** Half of them write the upgrade byte by byte, the others what comes behind it. */
async function writeSlowly(crowd: Crowd, place: number): Promise<void> {
  const isRaw = place % 2 === 0;
  const socket = crowd.connect(place, { isRaw });
  if (!(await socket.opened)) return;
  if (isRaw) {
    const request = Buffer.from(upgradeRequest(new URL(crowd.target.url)));
    // The library refuses a request line that is cut at one of its blanks.
    const line = request.indexOf('\n') + 1;
    socket.write(request.subarray(0, line));
    await dribble(crowd, socket, request.subarray(line));
  }
  const request = { action: 'authenticate', api_key: crowd.target.apiKey };
  while (!crowd.isOver && !socket.isOver)
    await dribble(crowd, socket, maskedFrame(OPCODE.TEXT, Buffer.from(JSON.stringify(request))));
  socket.leave();
}

export const oneByteWriters: Attack = {
  name: 'one-byte-writers',
  summary: '200 connections that write their upgrade or their requests one byte at a time, every 50 ms',
  run: (crowd) => crowd.keep(DRIBBLERS, (place) => writeSlowly(crowd, place)),
  judge: judgeEffort({ opened: 20 }),
};

const PAGE_PER_SECOND = 400;
/** Requests that some of them send in one go, without waiting for an answer. */
const PIPELINED = 1000;

async function loadPage(crowd: Crowd, turn: number): Promise<void> {
  const { host } = new URL(crowd.target.url);
  const socket = crowd.connect(turn, { isRaw: true });
  if (!(await socket.opened)) return;
  const path = ['/', '/page.json', '/../../etc/passwd', `/${'a'.repeat(4000)}`][turn % 4];
  const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  socket.write(request.repeat(turn % 20 === 0 ? PIPELINED : 1));
  await crowd.pause(500);
  socket.leave();
}

export const pageFlood: Attack = {
  name: 'page-flood',
  summary:
    '400 times a second a request for the page, its data, or what does not exist; now and then 1,000 of them in one go',
  run: (crowd) => crowd.atRate(PAGE_PER_SECOND, (turn) => void loadPage(crowd, turn)),
  judge: judgeEffort({ opened: 10 }),
};

const SLOW_HANDSHAKES = 300;
const HANDSHAKES_PER_SECOND = 40;
/** The beginning of a record that says it is longer than what comes. */
const CLIENT_HELLO = Buffer.from(`16030102000100${'01fc0303'.padEnd(500, '5a')}`, 'hex');

/** In turn: nothing at all, a hello byte by byte, a hello that never ends, noise. */
async function stallHandshake(crowd: Crowd, place: number): Promise<void> {
  const socket = crowd.connect(place, { isRaw: true });
  if (!(await socket.opened)) return;
  const kind = place % 4;
  if (kind === 1) await dribble(crowd, socket, CLIENT_HELLO);
  if (kind === 2) socket.write(CLIENT_HELLO);
  if (kind === 3) socket.write(Buffer.alloc(4096, place));
  await crowd.untilEnd(socket);
}

async function slowHandshakes(crowd: Crowd): Promise<void> {
  await Promise.all([
    crowd.keep(SLOW_HANDSHAKES, (place) => stallHandshake(crowd, place)),
    // Whole ones beside them: each costs the engine a signature.
    crowd.atRate(HANDSHAKES_PER_SECOND, async (turn) => {
      const socket = crowd.connect(turn);
      if (await socket.opened) socket.leave();
    }),
  ]);
}

export const slowTlsHandshakes: Attack = {
  name: 'slow-tls-handshakes',
  summary: '300 TLS handshakes that stall, dribble or are noise, beside 40 whole ones a second',
  isTls: true,
  run: slowHandshakes,
  judge: judgeEffort({ opened: 20 }),
};

/** Attacks with messages: too long, too deep, too many, or with names that mean something to JavaScript. */
import { pack } from 'msgpackr';
import { maskedFrame, OPCODE } from '../../../bench/end-to-end/websocket-wire.ts';
import { type Attack, judgeEffort } from '../attack.ts';
import type { Crowd } from '../crowd.ts';
import type { HostileSocket } from '../hostile-socket.ts';

const MIB = 1024 * 1024;

/** Attackers that send what is due so often each, and connect anew when they are cut off. */
function senders(
  count: number,
  perSecond: number,
  send: (crowd: Crowd, socket: HostileSocket, turn: number) => void,
  isCustomer = true,
): (crowd: Crowd) => Promise<void> {
  const attacker = async (crowd: Crowd, place: number) => {
    const socket = isCustomer ? await crowd.join(place) : crowd.connect(place);
    if (socket === null || !(await socket.opened)) return;
    for (let turn = place; !crowd.isOver && !socket.isOver; turn++) {
      // Whoever is not read at the other end does not pile up memory at this one.
      if (socket.unsent < MIB) send(crowd, socket, turn);
      await crowd.pause(1000 / perSecond);
    }
    socket.leave();
  };
  return (crowd) => crowd.keep(count, (place) => attacker(crowd, place));
}

/** A request of exactly so many bytes. */
function paddedPing(bytes: number): string {
  const head = '{"action": "ping", "padding": "';
  return `${head}${'x'.repeat(bytes - head.length - 2)}"}`;
}

const LARGE_SIZES = [MIB, MIB, MIB + 1, 3 * MIB, 5 * MIB];

function sendLarge(_: Crowd, socket: HostileSocket, turn: number): void {
  if (turn % 7 === 6) {
    // A head alone, which says that 2^62 bytes follow.
    socket.write(Buffer.from('81ff400000000000000000000000', 'hex'));
    return;
  }
  const text = paddedPing(LARGE_SIZES[turn % LARGE_SIZES.length]!);
  if (turn % 2 === 0) socket.sendText(text);
  else socket.sendFrame(OPCODE.BINARY, Buffer.from(text));
}

export const largeMessages: Attack = {
  name: 'large-messages',
  summary: '8 clients with 4 messages a second of 1 to 5 MiB each, or that say to be longer still',
  run: senders(8, 4, sendLarge),
  judge: judgeEffort({ opened: 2, messages: 4 }),
};

const UNFINISHED = 100;

/** A frame of 1 MiB of which the last byte never comes: what came lies with the server as long as the connection does. */
async function neverFinish(crowd: Crowd, place: number): Promise<void> {
  const socket = await crowd.join(place);
  if (socket === null) return;
  socket.write(maskedFrame(OPCODE.TEXT, Buffer.from(paddedPing(MIB))).subarray(0, -1));
  await crowd.untilEnd(socket);
}

export const unfinishedMessages: Attack = {
  name: 'unfinished-messages',
  summary: '100 clients that send a message of 1 MiB but for its last byte, and stay',
  run: (crowd) => crowd.keep(UNFINISHED, (place) => neverFinish(crowd, place)),
  judge: judgeEffort({ opened: UNFINISHED / 10 }),
};

const DEPTH = 100_000;
const DEEP_TEXTS = [
  '['.repeat(DEPTH),
  '['.repeat(DEPTH) + ']'.repeat(DEPTH),
  `{"action": "ping", "timestamp": ${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`,
  `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
  `{"action": "subscribe", "symbols": ${'[{"symbol": '.repeat(DEPTH)}1${'}]'.repeat(DEPTH)}}`,
  `{"action": ${'['.repeat(5000)}${']'.repeat(5000)}}`,
];
/** msgpack: arrays of one element each, ended or not. */
const DEEP_BYTES = [
  Buffer.alloc(DEPTH, 0x91),
  Buffer.concat([Buffer.alloc(DEPTH, 0x91), Buffer.from([0xc0])]),
  Buffer.concat([
    Buffer.from([0x82]),
    pack('action'),
    pack('ping'),
    pack('timestamp'),
    Buffer.alloc(5000, 0x91),
    Buffer.from([0xc0]),
  ]),
];

function sendDeep(_: Crowd, socket: HostileSocket, turn: number): void {
  if (turn % 3 === 0) socket.sendFrame(OPCODE.BINARY, DEEP_BYTES[(turn / 3) % DEEP_BYTES.length]!);
  else socket.sendText(DEEP_TEXTS[turn % DEEP_TEXTS.length]!);
}

export const deepJson: Attack = {
  name: 'deep-json',
  summary: '4 clients with 10 messages a second, nested 100,000 deep, in JSON and msgpack',
  run: senders(4, 10, sendDeep),
  judge: judgeEffort({ opened: 1, messages: 4 }),
};

const IDENTITY = '{"owner": "demo", "userId": "demo", "account": "demo", "broker": "angel"}';
const OWN_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'];

function magicText({ target }: Crowd, turn: number): string {
  const name = OWN_NAMES[Math.floor(turn / 8) % OWN_NAMES.length]!;
  const { exchange, symbols } = target;
  const [symbol] = symbols;
  return [
    `{"__proto__": {"identity": ${IDENTITY}, "account": "demo"}, "identity": ${IDENTITY}, "action": "subscribe", "symbol": "${symbol}", "exchange": "${exchange}"}`,
    `{"constructor": {"prototype": {"identity": ${IDENTITY}, "polluted": true}}, "action": "get_broker_info"}`,
    `{"action": "${name}"}`,
    `{"type": {"__proto__": {"action": "ping"}}}`,
    `{"action": "authenticate", "api_key": "${name}", "features": ["${name}"], "framing": "${name}"}`,
    `{"action": "authenticate", "api_key": {"length": 64, "__proto__": []}}`,
    `{"action": "subscribe", "symbols": {"length": 1, "0": {"symbol": "${name}", "exchange": "${name}"}}}`,
    `{"action": "unsubscribe", "symbols": [{"symbol": "__proto__", "exchange": "__proto__", "mode": "__proto__"}]}`,
  ][turn % 8]!;
}

function sendMagic(crowd: Crowd, socket: HostileSocket, turn: number): void {
  const text = magicText(crowd, turn);
  if (turn % 5 === 4) socket.sendFrame(OPCODE.BINARY, pack(JSON.parse(text)));
  else socket.sendText(text);
}

const effortOfMagic = judgeEffort({ opened: 2, messages: 10 });

export const protoKeys: Attack = {
  name: 'proto-keys',
  summary: '10 clients without a key, 50 messages a second each, with __proto__, constructor and the like',
  run: senders(10, 50, sendMagic, false),
  judge: (outcome) => {
    const achieved = ['success', 'auth', 'subscribe', 'broker_info'].find((kind) => outcome.answers[kind]);
    if (achieved !== undefined) return `a client without a key was answered '${achieved}'`;
    return effortOfMagic(outcome);
  },
};

const BATCH = 10_000;
const KNOWN_EVERY = 10;

/** Of ten symbols one exists. */
function batchOf({ target: { exchange, symbols } }: Crowd, turn: number): string {
  const entries = Array.from({ length: BATCH }, (_, i) => {
    const isKnown = i % KNOWN_EVERY === 0;
    const symbol = isKnown ? symbols[(i / KNOWN_EVERY) % symbols.length] : `NONE${turn % 10}X${i}`;
    return { symbol, exchange };
  });
  return JSON.stringify({
    action: turn % 4 === 3 ? 'unsubscribe' : 'subscribe',
    symbols: entries,
    mode: 1 + (turn % 2),
  });
}

export const hugeBatches: Attack = {
  name: 'huge-batches',
  summary: '4 clients with 2 requests a second for 10,000 symbols each, of which 1,000 exist',
  run: senders(4, 2, (crowd, socket, turn) => socket.sendText(batchOf(crowd, turn))),
  judge: judgeEffort({ opened: 1, messages: 1 }),
};

const FLOODERS = 5;
const FLOOD_PER_TURN = 20;

/** Short requests, frames without content, pings of the protocol, each of which wants a pong, and pongs that nobody wants. */
function flood(_: Crowd, socket: HostileSocket, turn: number): void {
  for (let i = 0; i < FLOOD_PER_TURN; i++) {
    const kind = (turn + i) % 5;
    if (kind === 0) socket.sendText('{"action": "ping", "timestamp": 1}');
    else if (kind === 1) socket.sendText('{"action": "nothing"}');
    else if (kind === 2) socket.sendFrame(OPCODE.PING, Buffer.from('are you there?'));
    else if (kind === 3) socket.sendFrame(OPCODE.PONG, Buffer.alloc(0));
    else socket.sendText('');
  }
}

export const requestFlood: Attack = {
  name: 'request-flood',
  summary: '5 clients with 2,000 short messages a second each: pings, pongs, unknown actions, empty frames',
  run: senders(FLOODERS, 100, flood),
  judge: judgeEffort({ opened: 1, messages: 50 }),
};

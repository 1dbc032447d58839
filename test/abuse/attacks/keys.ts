/** Attacks on who somebody is: keys that are guessed, and authentications without end. */
import { randomBytes } from 'node:crypto';
import { type Attack, judgeEffort } from '../attack.ts';
import type { Crowd } from '../crowd.ts';

const GUESSERS = 20;
const GUESSES_PER_SECOND = 10;
const GUESSES_PER_CONNECTION = 50;
const KEY_DIGITS = 64;

/** A key of the right form that is nobody's; each is another one. */
let guesses = 0;
function nextGuess(): string {
  return (guesses++).toString(16).padStart(KEY_DIGITS, 'fedcba9876543210');
}

/** Half of them say that they come from elsewhere, each time from another place. */
async function guess(crowd: Crowd, place: number): Promise<void> {
  const forged = `X-Forwarded-For: 203.0.113.${guesses % 256}\r\n`;
  const socket = crowd.connect(place, { headers: place % 2 === 0 ? forged : '' });
  if (!(await socket.opened)) return;
  for (let i = 0; i < GUESSES_PER_CONNECTION && !crowd.isOver && !socket.isOver; i++) {
    const answer = await socket.ask({ action: 'authenticate', api_key: nextGuess() });
    if (answer?.status === 'success') crowd.tally.fault('a guessed key was taken for a good one');
    await crowd.pause(1000 / GUESSES_PER_SECOND);
  }
  socket.leave();
}

export const keyGuessing: Attack = {
  name: 'key-guessing',
  summary: '20 connections with 10 keys a second each, while a stored key can be checked with Argon2 only',
  run: (crowd) => crowd.keep(GUESSERS, (place) => guess(crowd, place)),
  judge: judgeEffort({ opened: GUESSERS / 4, messages: GUESSERS / 4 }),
};

const REPEATERS = 10;
const REPEATS_PER_SECOND = 100;

/** The good key again and again without waiting for answers, and between them bad ones and other options. */
async function repeat(crowd: Crowd, place: number): Promise<void> {
  const socket = await crowd.join(place, crowd.target.symbols.slice(0, 10));
  if (socket === null) return;
  const { apiKey } = crowd.target;
  for (let turn = 0; !crowd.isOver && !socket.isOver; turn++) {
    const isBad = turn % 10 === 9;
    const isOther = turn % 10 === 4;
    socket.send({
      action: 'authenticate',
      api_key: isBad ? `no-key-${turn}` : apiKey,
      ...(isOther && { framing: 'msgpack' }),
    });
    await crowd.pause(1000 / REPEATS_PER_SECOND);
  }
  socket.leave();
}

export const duplicateAuthentications: Attack = {
  name: 'duplicate-authentications',
  summary: '10 clients that authenticate 100 times a second each, now and then with a wrong key',
  run: (crowd) => crowd.keep(REPEATERS, (place) => repeat(crowd, place)),
  judge: judgeEffort({ opened: REPEATERS / 4, messages: REPEATERS }),
};

const SESSION_GUESSERS = 5;
const SESSION_GUESSES_PER_SECOND = 20;
const SESSION_BYTES = 16;

/** A customer who asks for what others hold: sessions are found by a number of 128 bits, and belong to their key. */
async function guessSession(crowd: Crowd, place: number): Promise<void> {
  while (!crowd.isOver) {
    const socket = crowd.connect(place);
    if (!(await socket.opened)) return;
    const session = randomBytes(SESSION_BYTES).toString('base64url');
    socket.send({ action: 'authenticate', api_key: crowd.target.apiKey, features: ['session'], session });
    await crowd.pause(1000 / SESSION_GUESSES_PER_SECOND);
    socket.leave();
  }
}

const effortOfSessions = judgeEffort({ opened: 1, messages: 1 });

export const sessionGuessing: Attack = {
  name: 'session-guessing',
  summary: '5 clients with 20 new sessions a second each, which they leave, and 20 that they guess',
  run: (crowd) => crowd.keep(SESSION_GUESSERS, (place) => guessSession(crowd, place)),
  judge: (outcome) =>
    outcome.answers.resumed === undefined ? effortOfSessions(outcome) : 'a guessed session was given back',
};

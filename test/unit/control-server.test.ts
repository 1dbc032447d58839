/** How much a feed host lets itself be asked at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ControlAnswer, encodeRequest, parseAnswer } from '../../src/workers/bus/control-message.ts';
import { ControlServer, MAX_OF_PEER, MAX_VERIFYING } from '../../src/workers/bus/control-server.ts';
import { until } from '../support/until.ts';

/** A ROUTER socket that a test feeds and reads. */
class FakeSocket {
  readonly sent: { readonly peer: string; readonly answer: ControlAnswer | null }[] = [];
  /** Peers to which nothing can be sent. */
  readonly gone = new Set<string>();
  readonly #frames: Buffer[][] = [];
  #wake: () => void = () => {};
  #isClosed = false;

  push(peer: string, ...frames: readonly string[]): void {
    this.#frames.push([peer, ...frames].map((frame) => Buffer.from(frame)));
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  async send([peer, frame]: (string | Uint8Array)[]): Promise<void> {
    if (this.gone.has(String(peer))) throw new Error('EHOSTUNREACH');
    this.sent.push({ peer: String(peer), answer: parseAnswer(Buffer.from(frame!)) });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer[]> {
    for (;;) {
      const frames = this.#frames.shift();
      if (frames !== undefined) yield frames;
      else if (this.#isClosed) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

test('a proxy with too many requests under way is told to come again, others are served, and so is it when some are answered', async () => {
  const socket = new FakeSocket();
  const waiting: (() => void)[] = [];
  const server = new ControlServer({
    socket,
    answer: ({ id }) => {
      const answer = { id, type: 'error', code: 'X', message: '' } as const;
      return new Promise((resolve) => waiting.push(() => resolve(answer)));
    },
  });
  const served = server.serve();
  const ask = (peer: string, id: number) => socket.push(peer, encodeRequest({ id, type: 'hello' }));
  for (let id = 1; id <= MAX_OF_PEER + 1; id++) ask('greedy', id);
  await until('the refusal', () => socket.sent.length === 1);
  const { answer } = socket.sent[0]!;
  assert.ok(answer?.type === 'error');
  assert.deepEqual([answer.id, answer.code], [MAX_OF_PEER + 1, 'CONTROL_BUSY']);
  assert.match(answer.message, /1000 of this proxy: try again/);
  ask('modest', 1);
  await until('its question', () => waiting.length === MAX_OF_PEER + 1);
  waiting.shift()!();
  await until('an answer', () => socket.sent.length === 2);
  ask('greedy', 5000);
  await until('its question', () => waiting.length === MAX_OF_PEER + 1);
  assert.equal(server.refused, 1);
  socket.close();
  await served;
});

test('a proxy that is gone before its answer costs nobody else an answer', async () => {
  const socket = new FakeSocket();
  const server = new ControlServer({
    socket,
    answer: ({ id }) => ({ id, type: 'error', code: 'X', message: '' }),
  });
  const served = server.serve();
  socket.gone.add('gone');
  for (const peer of ['gone', 'there', 'gone', 'there']) {
    socket.push(peer, encodeRequest({ id: 1, type: 'hello' }));
    socket.push(peer, 'garbage');
  }
  await until('the answers', () => socket.sent.length === 4);
  assert.ok(socket.sent.every(({ peer }) => peer === 'there'));
  socket.close();
  await served;
});

test('a proxy, or a client of one, with hundreds of keys to check holds up no other, whose key comes next, and none waits for its instruments', async () => {
  const socket = new FakeSocket();
  const asked: { readonly text: string; readonly answer: () => void }[] = [];
  const server = new ControlServer({
    socket,
    answer: (request) => {
      const text = request.type === 'verifyKey' ? request.key : request.type;
      const answer = { id: request.id, type: 'error', code: 'X', message: text } as const;
      return new Promise((resolve) => asked.push({ text, answer: () => resolve(answer) }));
    },
  });
  const served = server.serve();
  const ask = (peer: string, id: number, key: string, asker = '') =>
    socket.push(peer, encodeRequest({ id, type: 'verifyKey', key, checksRights: true, asker }));
  for (let id = 1; id <= 300; id++) ask('greedy', id, `wrong ${id}`);
  for (const id of [1, 2]) ask('modest', id, `right ${id}`);
  ask('greedy', 302, 'right 3', 'another address');
  socket.push('greedy', encodeRequest({ id: 301, type: 'resolve', account: 'a', wishes: [] }));
  await until('what main is asked', () => asked.some(({ text }) => text === 'resolve'));
  assert.equal(asked.length, MAX_VERIFYING + 1, 'no more at once');
  const after = asked.splice(0);
  for (const { answer } of after) answer();
  await until('the next ones', () => asked.length === MAX_VERIFYING);
  const places = asked.map(({ text }) => text).flatMap((text, i) => (text.startsWith('right') ? [i] : []));
  assert.deepEqual(places, [1, 2, 4], 'they take turns');
  while (asked.length > 0) {
    for (const { answer } of asked.splice(0)) answer();
    await new Promise(setImmediate);
  }
  await until('all answers', () => socket.sent.length === 304);
  socket.close();
  await served;
});

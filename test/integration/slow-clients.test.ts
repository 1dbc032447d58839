/** Clients that stop reading, over real sockets, and come back or do not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUpTicks } from '../support/conflated-ticks.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { OPCODE, RawClient } from '../support/raw-client.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** Megabytes pass, on a machine that may have other things to do. */
const PATIENCE_MS = 60_000;
const SYMBOLS = ['RELIANCE', 'INFY', 'TCS', 'SBIN'];

const counter = ({ engine }: EngineFixture, name: string) => engine.readers.at(-1)!.counters[name] ?? 0;

/** A client of all instruments that reads everything, and one of all modes that answers nothing and reads when it is let. */
async function connect(fixture: EngineFixture): Promise<[TestClient, RawClient]> {
  const { wsUrl, key, exchange } = fixture;
  const fast = await fixture.client({ features: ['sequence'] });
  for (const symbol of SYMBOLS) await fast.subscribe('NSE', symbol, 3);
  const slow = await RawClient.connect(wsUrl);
  const features = ['sequence', 'receipts'];
  await slow.ask({ action: 'authenticate', api_key: key, features }, '"auth"');
  const symbols = SYMBOLS.map((symbol) => ({ symbol, exchange: 'NSE' }));
  for (const mode of [1, 2, 3]) {
    const request = { action: 'subscribe', symbols, mode, request_id: `m${mode}` };
    await slow.ask(request, `"request_id": "m${mode}"`);
  }
  await until('ticks of everything', () => {
    exchange.step();
    return SYMBOLS.every((symbol) => fast.ticks(symbol).length > 0);
  });
  return [fast, slow];
}

/** The messages that a client has read, each of them parsed once: there are many. */
function messageReader(client: RawClient): () => readonly Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = [];
  return () => {
    const texts = client.frames().filter(({ opcode }) => opcode === OPCODE.TEXT);
    for (const { payload } of texts.slice(messages.length)) {
      messages.push(JSON.parse(payload.toString()) as Record<string, unknown>);
    }
    return messages;
  };
}

/** Ticks of everything, of which the fast client gets every one. */
async function step({ exchange }: EngineFixture, fast: TestClient, ticks: number): Promise<void> {
  const from = fast.received.length;
  exchange.step(ticks);
  await until('the ticks at the fast client', () => fast.received.length >= from + ticks, PATIENCE_MS);
}

/** Ticks until the slow client, who reads nothing, has fallen behind. */
async function fallBehind(fixture: EngineFixture, fast: TestClient): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (counter(fixture, 'conflated') === 0 && counter(fixture, 'conflations') === 0) {
    assert.ok(performance.now() < deadline, 'nobody falls behind');
    await step(fixture, fast, 100);
  }
}

test('a client that stops reading gets the latest ticks when it reads again, with receipts that add up, and every tick later', async (t) => {
  const fixture = await startEngineFixture(t, {
    flags: ['--conflate-bytes=ltp=90000,quote=60000,depth=30000', '--slow-timeout=1m'],
  });
  const [fast, slow] = await connect(fixture);
  const read = messageReader(slow);
  slow.socket.pause();
  await fallBehind(fixture, fast);
  await step(fixture, fast, 300);
  slow.socket.resume();
  const catchUp = () => {
    const { last: latest } = addUpTicks(fast.received.map(({ message }) => message));
    return until(
      'the last ticks at the slow client',
      () => {
        const { last } = addUpTicksSoFar(read());
        return SYMBOLS.every((symbol) =>
          [1, 2, 3].every((mode) => last.get(`NSE:${symbol}/${mode}`) === latest.get(`NSE:${symbol}/3`)),
        );
      },
      PATIENCE_MS,
    );
  };
  await catchUp();
  const { sent, merged } = addUpTicks(read());
  assert.ok(merged > 300, `${merged} merged`);
  await until('every tick again', () => counter(fixture, 'restorations') > 0, PATIENCE_MS);
  const before = read().length;
  await step(fixture, fast, 20);
  await catchUp();
  const later = addUpTicks(read());
  assert.deepEqual([later.merged, later.sent - sent], [merged, 20 * 3]);
  assert.equal(read().length - before, later.sent - sent, 'ticks and nothing else');
  await slow.ask({ action: 'ping', _pingId: 'still here' }, 'still here');
  assert.equal(counter(fixture, 'dropped'), 0);
  slow.socket.destroy();
});

/** The same of what was read so far, which may end with a receipt. */
function addUpTicksSoFar(messages: readonly Record<string, unknown>[]) {
  return addUpTicks(messages.at(-1)?.type === 'receipt' ? messages.slice(0, -1) : messages);
}

test('a client that fell behind and takes nothing any more is disconnected, and may come back', async (t) => {
  const fixture = await startEngineFixture(t, {
    flags: ['--conflate-bytes=ltp=90000,quote=60000,depth=30000', '--slow-timeout=0.3'],
  });
  const [fast, slow] = await connect(fixture);
  const read = messageReader(slow);
  slow.socket.pause();
  await fallBehind(fixture, fast);
  await until('the end of the slow client', () => counter(fixture, 'slowConsumer') === 1, PATIENCE_MS);
  slow.socket.resume();
  await until('the close at the slow client', () => slow.isClosed, PATIENCE_MS);
  assert.equal(slow.closeFrame()?.code, 4008);
  addUpTicksSoFar(read());
  assert.equal(counter(fixture, 'dropped'), 0);
  assert.equal((await fast.ask({ action: 'ping' })).message.type, 'pong');
});

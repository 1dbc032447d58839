/** What all feed handlers have in common, with Angel's wire on real sockets: repetitions, order, outages, resubscribing. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FLAG, MODE } from '../../src/codec/tick.ts';
import {
  feedHandlerScene,
  instrumentsNumbered,
  ltpFrame,
  SCENE_CREDENTIALS,
  wishesFor,
} from '../support/feed-handler-scene.ts';
import { until } from '../support/until.ts';
import { UpstreamServer } from '../support/upstream-server.ts';

const INSTRUMENTS = instrumentsNumbered(2);
const TIME = 1_787_371_200_000;

/** A live feed that carries two instruments in LTP. */
async function scene(t: TestContext) {
  const server = await UpstreamServer.listen(t);
  const feed = feedHandlerScene(t, server.url);
  feed.handler.subscribe(wishesFor(INSTRUMENTS, MODE.LTP), 1);
  feed.handler.start();
  await feed.untilLive();
  await until('the socket', () => server.open.length === 1);
  let sent = 0;
  return {
    server,
    feed,
    /** Sends frames, and waits until all of them were read. */
    async send(...frames: readonly Buffer[]): Promise<void> {
      for (const frame of frames) server.open[0]!.send(frame);
      sent += frames.length;
      await until('the frames', () => feed.handler.counters().frames === sent);
    },
    requests: () => server.texts.filter((text) => text !== 'ping').map((text) => JSON.parse(text)),
  };
}

function frame(token: string, seq: number, ltp: number, timeMs = TIME): Buffer {
  return ltpFrame({ token, seq, timeMs, ltp });
}

test('a frame that is repeated at once is no second tick, and is counted as a sign of life', async (t) => {
  const { feed, send } = await scene(t);
  await send(
    frame('1000', 1, 500),
    frame('1000', 1, 500),
    // Another instrument in between changes nothing.
    frame('1001', 1, 700),
    frame('1000', 1, 500),
    frame('1000', 2, 510),
    frame('1000', 1, 500),
  );
  assert.deepEqual(
    feed.ticks().map(({ slot, ltp }) => [slot, ltp]),
    [
      [0, 500],
      [1, 700],
      [0, 510],
      [0, 500],
    ],
  );
  assert.equal(feed.handler.counters().repeated, 2);
  assert.deepEqual(feed.signsOfLife, ['tick 0', 'repeat 0', 'tick 1', 'repeat 0', 'tick 0', 'tick 0']);
});

test('a frame with the sequence number of the one before and another content is a tick', async (t) => {
  const { feed, send } = await scene(t);
  await send(frame('1000', 7, 500), frame('1000', 7, 505), frame('1000', 0, 505), frame('1000', 0, 510));
  assert.deepEqual(
    feed.ticks().map(({ ltp }) => ltp),
    [500, 505, 505, 510],
  );
});

test('frames that go back in the time of the exchange arrive in the order in which they came, and are counted', async (t) => {
  const { feed, send } = await scene(t);
  await send(
    frame('1000', 5, 500, TIME),
    frame('1000', 4, 501, TIME),
    frame('1000', 6, 502, TIME + 10),
    frame('1000', 7, 503, TIME + 5),
    // Each instrument has a time of its own.
    frame('1001', 1, 700, TIME - 1000),
  );
  assert.deepEqual(
    feed.ticks().map(({ ltp, seq }) => [ltp, seq]),
    [
      [500, 1],
      [501, 2],
      [502, 3],
      [503, 4],
      [700, 1],
    ],
  );
  assert.equal(feed.handler.counters().reordered, 2);
});

test('after an outage the first frame is delivered whatever it says, follows a gap, and is not late', async (t) => {
  const { server, feed, send } = await scene(t);
  await send(frame('1000', 9, 500, TIME));
  server.open[0]!.terminate();
  await until('another socket', () => server.handshakes.length === 2 && server.open.length === 1);
  await send(frame('1000', 9, 500, TIME), frame('1001', 1, 700, TIME - 5));
  await send(frame('1000', 9, 500, TIME));
  assert.deepEqual(
    feed.ticks().map(({ slot, flags }) => [slot, (flags & FLAG.GAP_BEFORE) !== 0]),
    [
      [0, false],
      [0, true],
      // Nothing had come of it before the outage.
      [1, false],
    ],
  );
  const { repeated, reordered } = feed.handler.counters();
  assert.deepEqual([repeated, reordered], [1, 0]);
});

test('asking anew for what is carried ends it first, once, and its image is a sign of life but no tick', async (t) => {
  const { feed, send, requests } = await scene(t);
  await send(frame('1000', 1, 500));
  await until('the first request', () => requests().length === 1);
  feed.handler.resubscribe([0, 0, 77]);
  await until('both requests', () => requests().length === 3);
  assert.deepEqual(
    requests().map(({ action, params }) => [action, params.mode, params.tokenList]),
    [
      [1, 1, [{ exchangeType: 1, tokens: ['1000', '1001'] }]],
      [0, 1, [{ exchangeType: 1, tokens: ['1000'] }]],
      [1, 1, [{ exchangeType: 1, tokens: ['1000'] }]],
    ],
  );
  await send(frame('1000', 1, 500), frame('1000', 2, 505));
  assert.deepEqual(
    feed.ticks().map(({ ltp }) => ltp),
    [500, 505],
  );
  assert.deepEqual(feed.signsOfLife, ['tick 0', 'repeat 0', 'tick 0']);
});

test('a change of mode asks for the new one before it ends the old one, and the image of the new one is a tick', async (t) => {
  const { feed, requests } = await scene(t);
  feed.handler.subscribe(wishesFor([INSTRUMENTS[0]!], MODE.QUOTE), 1);
  await until('the requests', () => requests().length === 3);
  assert.deepEqual(
    requests()
      .slice(1)
      .map(({ action, params }) => [action, params.mode]),
    [
      [1, 2],
      [0, 1],
    ],
  );
});

test('the image of a mode that comes back is a tick, also when it repeats what came late when the mode had ended', async (t) => {
  const { feed, send, requests } = await scene(t);
  const [instrument] = wishesFor(INSTRUMENTS, MODE.LTP);
  feed.handler.subscribe([{ ...instrument!, mode: MODE.QUOTE }], 1);
  await until('the end of the mode', () => requests().length === 3);
  await send(frame('1000', 1, 500));
  feed.handler.subscribe([instrument!], 1);
  await until('the mode again', () => requests().length === 5);
  await send(frame('1000', 1, 500));
  assert.deepEqual(
    feed.ticks().map(({ ltp }) => ltp),
    [500, 500],
  );
});

test('a broker that complains and complains of nothing that was asked fills no log', async (t) => {
  const { server, feed } = await scene(t);
  const complaint = JSON.stringify({ correlationID: 'nobody´s', errorCode: 'E1001', errorMessage: 'no' });
  for (let i = 0; i < 500; i++) server.open[0]!.send(i % 2 === 0 ? complaint : 'what?');
  await until('the texts', () => {
    const { requestErrors, unknownText } = feed.handler.counters();
    return requestErrors === 250 && unknownText === 250;
  });
  const told = [...feed.reportsOf('requestError'), ...feed.reportsOf('unknownText')];
  assert.equal(told.length, 10);
});

test('tokens that the broker refused are not tried again, whoever gives them', async (t) => {
  const server = await UpstreamServer.listen(t);
  server.script.push({ status: 401, message: `bad ${SCENE_CREDENTIALS.feedToken}` });
  const feed = feedHandlerScene(t, server.url);
  const stateIs = (state: string) =>
    until(`the state ${state}`, () => {
      const latest = feed.reportsOf('state').at(-1);
      return latest?.state === state ? latest : null;
    });
  feed.handler.start();
  const { detail } = await stateIs('refused');
  assert.equal(detail, 'handshake answered HTTP 401 (bad (hidden))');
  feed.handler.suspend('logged out');
  feed.handler.renew({ ...SCENE_CREDENTIALS });
  assert.match((await stateIs('refused')).detail, /still has the tokens that the broker refused/);
  assert.equal(server.handshakes.length, 1);
  feed.handler.renew({ ...SCENE_CREDENTIALS, feedToken: 'FEED-TOKEN-2' });
  await stateIs('live');
  assert.equal(server.handshakes.length, 2);
});

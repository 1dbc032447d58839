/** Clients inside a user's own machine: OpenAlgo's Flask process, and the Excel add-in. Each by its own rules. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { Message } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const NAMES = [
  { symbol: 'RELIANCE', exchange: 'NSE' },
  { symbol: 'NIFTY', exchange: 'NSE_INDEX' },
];

/** What the Flask client and React take as the kind of a frame. */
const kindOf = ({ type, status }: Message) => type ?? status;

test('C-26 the Flask client finds its answers by request_id, and its unsubscribe ends the mode that it names', async (t) => {
  const { client, exchange } = await startEngineFixture(t);
  const flask = await client();
  const modes = ['LTP', 'Quote', 'Depth'];
  // Sent at once; each waits for the answer with its own id.
  const requests = modes.map((mode) => ({
    action: 'subscribe',
    symbols: NAMES,
    mode,
    request_id: randomUUID(),
  }));
  for (const request of requests) flask.send(request);
  for (const { request_id, mode } of requests) {
    const { message } = await flask.next(
      'the answer',
      (received) => kindOf(received.message) === 'subscribe' && received.message.request_id === request_id,
    );
    assert.deepEqual([message.status, message.broker], ['success', 'angel']);
    assert.equal(typeof message.message, 'string');
    const entries = message.subscriptions as Message[];
    assert.deepEqual(
      entries.map(({ symbol, exchange: name, status }) => ({ symbol, exchange: name, status })),
      NAMES.map((name) => ({ ...name, status: 'success' })),
      mode,
    );
  }
  exchange.step(40);
  for (const { symbol, exchange: name } of NAMES) {
    for (const mode of [1, 2, 3]) {
      const { message } = await flask.next(
        'what Flow compares',
        (each) =>
          each.message.symbol === symbol && each.message.exchange === name && each.message.mode === mode,
      );
      assert.ok(Number(message.data?.ltp) > 0, 'what the scalping monitor reads');
      if (mode === 3) assert.ok(Array.isArray((message.data!.depth as { buy: unknown }).buy));
    }
  }
  const request_id = randomUUID();
  flask.send({ action: 'unsubscribe', symbols: NAMES, mode: 'Quote', request_id });
  const { message } = await flask.next(
    'the answer',
    (received) => received.message.request_id === request_id,
  );
  assert.deepEqual(
    [kindOf(message), (message.successful as unknown[]).length, message.failed],
    ['unsubscribe', 2, []],
  );
  const from = flask.received.length;
  const later = () => flask.received.slice(from).map((each) => each.message);
  await until('ticks of the other modes', () => {
    exchange.step(10);
    return [1, 3].every((mode) => later().some((tick) => tick.mode === mode));
  });
  assert.ok(later().every(({ mode }) => mode !== 2));
});

test('C-26 the Excel add-in sees its errors, and no other message as one, and its ticks in the mode it subscribed', async (t) => {
  const { client, exchange, key } = await startEngineFixture(t);
  const excel = await client({ authenticate: false });
  const send = (request: object) => excel.sendRaw(JSON.stringify(request, null, 2).replaceAll('\n', '\r\n'));
  const isError = (message: Message) => !('type' in message) && message.status === 'error';
  const answers = () =>
    excel.received.map(({ message }) => message).filter(({ type }) => type !== 'market_data');

  send({ action: 'authenticate', api_key: key });
  // The older path takes authentication for granted.
  send({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 2, depth_level: 5 });
  send({ action: 'subscribe', symbol: 'INFY', exchange: 'NSE', mode: 3, depth_level: 20 });
  send({ action: 'subscribe', symbol: 'INFY', exchange: 'NSE', mode: 0 });
  for (const action of ['get_broker_info', 'get_supported_brokers', 'ping']) send({ action });
  await until('the answers', () => answers().length === 7);
  assert.deepEqual(
    answers().map((message) => (isError(message) ? 'error' : message.type)),
    ['auth', 'subscribe', 'subscribe', 'error', 'broker_info', 'supported_brokers', 'pong'],
  );
  exchange.step(40);
  const subscribed = new Map([
    ['RELIANCE', 2],
    ['INFY', 3],
  ]);
  for (const symbol of subscribed.keys()) {
    await excel.next('a tick', ({ message }) => (message.data?.symbol ?? message.symbol) === symbol);
  }
  for (const tick of excel.ticks()) {
    assert.equal(tick.mode, subscribed.get(String(tick.symbol)));
    assert.ok(!isError(tick));
  }
});

/** What the broker says in words: complaints about a request, complaints about nothing, and no words at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulatedConnection } from '../../../src/main/simulator/simulated-connection.ts';
import { assertSequence } from '../../support/fault-aftermath.ts';
import { FaultScene, INSTRUMENTS } from '../../support/fault-scene.ts';
import { until } from '../../support/until.ts';
import { untilUpstream } from '../../support/upstream-subscriptions.ts';

const WIPRO = '3787';

/** Nothing that the engine asked for is open when they come: they are about nothing. */
const TEXTS = [
  '{"correlationID":"AAAAAAAAAA","errorCode":"E1001","errorMessage":"Invalid Request Payload."}',
  '{"correlationID":"AAAAAAAAAA","errorCode":"E1002","errorMessage":"Invalid Request. Subscription Limit Exceeded."}',
  '{"correlationID":"AAAAAAAAAA","errorCode":"E7777","errorMessage":"Unheard of"}',
  '{"errorCode":"E1001","errorMessage":"Invalid Request Payload."}',
  '{"errorCode":1002}',
  // Published like this, a comma short.
  '{"correlationID":"AAAAAAAAAA" "errorCode":"E1001","errorMessage":"Invalid Request Payload."}',
  '{"errorMessage":{"of":"another kind"}}',
  'Internal Server Error',
  '<html><body>502 Bad Gateway</body></html>',
  '[]',
  'null',
  '',
  'x'.repeat(1_000_000),
];

test('complaints that no request of ours can be meant by change nothing, whatever their form', async (t) => {
  const scene = await FaultScene.start(t);
  for (const text of TEXTS) scene.exchange.sendRaw(text);
  await until(
    'all of them in the counts',
    () => scene.feedCounter('requestErrors') + scene.feedCounter('unknownText') === TEXTS.length,
  );
  await scene.assertRecovered();
  assert.equal(scene.exchange.counters.connectionsAccepted, 1);
  assert.equal(scene.feedCounter('pairsRefused'), 0);
});

/** What Angel answers to a request that it does not understand, or has no room for. */
const ANSWERS = {
  E1001: 'Invalid Request Payload.',
  E1002: 'Invalid Request. Subscription Limit Exceeded.',
  E7777: 'Unheard of',
} as const;

/** From now on the exchange refuses every request of this connection that names the token. @returns those refused */
function refuseToken(connection: SimulatedConnection, token: string, code: keyof typeof ANSWERS): string[] {
  const { socket } = connection;
  const refused: string[] = [];
  const [take] = socket.listeners('message');
  socket.removeAllListeners('message');
  socket.on('message', (data, isBinary) => {
    const text = String(data);
    if (!text.includes(`"${token}"`)) {
      take!.call(socket, data, isBinary);
      return;
    }
    refused.push(text);
    const { correlationID } = JSON.parse(text);
    connection.send(JSON.stringify({ correlationID, errorCode: code, errorMessage: ANSWERS[code] }));
  });
  return refused;
}

for (const code of ['E1001', 'E7777'] as const) {
  test(`a request that is refused with ${code} is told to who asked, to nobody else, and disturbs nothing`, async (t) => {
    const scene = await FaultScene.start(t);
    const { exchange, fixture } = scene;
    const [connection] = exchange.connections;
    refuseToken(connection!, WIPRO, code);
    const before = exchange.counters;
    const third = await fixture.client();
    const symbols = ['SBIN', 'WIPRO', 'ITC'].map((symbol) => ({ symbol, exchange: 'NSE' }));
    third.send({ action: 'subscribe', symbols, mode: 1 });
    const refusal = await third.next('the refusal', ({ message }) => message.code === 'BROKER_REFUSED');
    assert.match(String(refusal.message.message), /WIPRO on exchange NSE/);
    assert.ok(String(refusal.message.message).includes(`${code}: ${ANSWERS[code]}`));
    // What one token spoils is served without it.
    await until('the images', () => third.ticks('SBIN').length > 0 && third.ticks('ITC').length > 0);
    third.terminate();
    await until(
      'the end of its subscriptions',
      () => connection!.subscriptions.length === INSTRUMENTS.length,
    );
    const { framesSent, requests } = exchange.counters;
    await scene.assertRecovered({
      swallowed: framesSent - before.framesSent,
      requests: [requests - before.requests],
    });
    assert.equal(exchange.counters.connectionsAccepted, 1);
  });
}

test('what one connection has no room for (E1002) is carried by another one, and nobody is told of a refusal', async (t) => {
  const scene = await FaultScene.start(t);
  const { exchange, fixture, watcher, plain } = scene;
  refuseToken(exchange.connections[0]!, WIPRO, 'E1002');
  const third = await fixture.client({ features: ['sequence'] });
  const symbols = ['SBIN', 'WIPRO', 'ITC'].map((symbol) => ({ symbol, exchange: 'NSE' }));
  third.send({ action: 'subscribe', symbols, mode: 1 });
  await until('the images', () => symbols.every(({ symbol }) => third.ticks(symbol).length > 0));
  await until('the end of all moves', () => fixture.engine.feedPools.every(({ isMoving }) => !isMoving));
  await untilUpstream(exchange, [
    ...INSTRUMENTS.map(({ segment, token }) => `${segment}:${token}:3`),
    ...['3045', WIPRO, '1660'].map((token) => `1:${token}:1`),
  ]);
  assert.equal(exchange.connections.length, 2);
  for (const client of [watcher, plain, third]) {
    assert.ok(client.received.every(({ message }) => message.code === undefined));
  }
  exchange.step(50);
  await until('ticks of all', () => INSTRUMENTS.every(({ symbol }) => watcher.ticks(symbol).length > 3));
  for (const { symbol } of INSTRUMENTS) assertSequence(watcher, symbol, 0);
});

test('what was refused is asked for again on the next connection, once, with all the rest', async (t) => {
  const scene = await FaultScene.start(t);
  const { exchange, fixture } = scene;
  const refused = refuseToken(exchange.connections[0]!, WIPRO, 'E1001');
  const third = await fixture.client();
  await third.subscribe('NSE', 'WIPRO', 1);
  await third.next('the refusal', ({ message }) => message.code === 'BROKER_REFUSED');
  assert.equal(refused.length, 1);
  exchange.dropAll();
  await until('its image', () => third.ticks('WIPRO').length === 1);
  const { requests } = exchange.counters;
  third.terminate();
  await until('its end', () => exchange.counters.requests === requests + 1);
  // WIPRO has a mode of its own, hence two requests on the new connection.
  await scene.assertRecovered({ outages: 1, swallowed: 1, requests: [3] });
});

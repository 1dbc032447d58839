import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrebuiltQuote } from '../../../bench/end-to-end/rivals/prebuilt-quote.ts';
import { RelaySubscriptions } from '../../../bench/end-to-end/rivals/relay-subscriptions.ts';
import { readBenchIndex } from '../../../bench/end-to-end/rivals/token-reader.ts';
import { OFFSET } from '../../../src/codec/angel/frame-layout.ts';

const SYMBOLS = ['BENCH0000', 'BENCH0001', 'BENCH2999'];

function relay() {
  const requests: string[] = [];
  const log = (action: string) => (indexes: readonly number[]) => {
    if (indexes.length > 0) requests.push(`${action} ${indexes.join(' ')}`);
  };
  const subscriptions = new RelaySubscriptions<string>({ subscribe: log('+'), unsubscribe: log('-') });
  const subscribe = (client: string, symbols: readonly string[]): number[] => {
    const added: number[] = [];
    const request = { action: 'subscribe', mode: 2, symbols: symbols.map((symbol) => ({ symbol })) };
    const answer = subscriptions.answer(client, JSON.stringify(request), (index) => added.push(index));
    assert.equal(JSON.parse(answer).status, 'success');
    return added;
  };
  return { subscriptions, subscribe, requests };
}

test('a rival asks upstream for an instrument with its first client and gives it up with its last', () => {
  const { subscriptions, subscribe, requests } = relay();
  assert.deepEqual(subscribe('a', SYMBOLS.slice(0, 2)), [0, 1]);
  assert.deepEqual(subscribe('b', SYMBOLS.slice(1)), [1, 2999]);
  assert.deepEqual(subscribe('b', SYMBOLS.slice(1)), []);
  subscriptions.close('a');
  subscriptions.close('b');
  subscriptions.close('b');
  assert.deepEqual(requests, ['+ 0 1', '+ 2999', '- 0', '- 1 2999']);
});

test('a rival knows whether one topic does for all its clients', () => {
  const { subscriptions, subscribe } = relay();
  subscribe('a', SYMBOLS);
  subscribe('b', SYMBOLS.slice(0, 1));
  assert.equal(subscriptions.allWantTheSame, false);
  subscribe('b', SYMBOLS.slice(1));
  assert.equal(subscriptions.allWantTheSame, true);
  subscribe('c', SYMBOLS.slice(0, 1));
  assert.equal(subscriptions.allWantTheSame, false);
  subscriptions.close('c');
  assert.equal(subscriptions.allWantTheSame, true);
});

test('a rival takes any key, and refuses what it cannot serve', () => {
  const { subscriptions } = relay();
  const statusOf = (request: object): unknown =>
    JSON.parse(subscriptions.answer('a', JSON.stringify(request), () => assert.fail('nothing is subscribed')))
      .status;
  assert.equal(statusOf({ action: 'authenticate', api_key: 'any' }), 'success');
  assert.equal(statusOf({ action: 'authenticate', api_key: 'any', framing: 'msgpack' }), 'error');
  assert.equal(statusOf({ action: 'subscribe', mode: 3, symbols: [{ symbol: 'BENCH0000' }] }), 'error');
});

test('the prebuilt quote stays valid, and carries the price and the volume of the latest packet', () => {
  const quote = new PrebuiltQuote();
  const packet = Buffer.alloc(123);
  const cases = [
    { paise: 99_995, volume: 2n ** 45n + 1n },
    { paise: 10_005, volume: 33_790_500_764n },
    { paise: 100, volume: 0n },
  ];
  for (const { paise, volume } of cases) {
    packet.writeBigInt64LE(BigInt(paise), OFFSET.LAST_TRADED_PRICE);
    packet.writeBigInt64LE(volume, OFFSET.VOLUME);
    quote.patch(packet);
    const { data } = JSON.parse(quote.bytes.toString());
    assert.deepEqual([data.ltp, data.volume], [paise / 100, Number(volume)]);
  }
});

test('a packet tells the place of its instrument', () => {
  const packet = Buffer.alloc(123);
  packet.write('902999', OFFSET.TOKEN);
  assert.equal(readBenchIndex(packet), 2999);
});

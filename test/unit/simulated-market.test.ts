import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANGEL_EXCHANGE_WIRE } from '../../src/codec/angel/exchange-wire.ts';
import { SimulatedInstrument } from '../../src/main/simulator/simulated-instrument.ts';
import { SimulatedMarket } from '../../src/main/simulator/simulated-market.ts';

const NOON = Date.UTC(2025, 4, 2, 6, 30);

const IDENTITIES = [
  { exchangeType: 1, token: '2885', kind: 'cash', referencePrice: 141_840, tickClass: null },
  { exchangeType: 2, token: '54786', kind: 'derivative', referencePrice: null, tickClass: null },
  { exchangeType: 2, token: '41999', kind: 'derivative', referencePrice: 40, tickClass: null },
  { exchangeType: 13, token: '1594', kind: 'currency', referencePrice: 845_125_000, tickClass: null },
] as const;

test('a traded instrument stays believable over thousands of ticks', () => {
  for (const identity of IDENTITIES) {
    const instrument = new SimulatedInstrument(identity, ANGEL_EXCHANGE_WIRE, 1, NOON);
    const { tickSize } = instrument;
    assert.equal(tickSize, identity.exchangeType === 13 ? 25_000 : 5);
    let unchangedVolume = 0;
    for (let step = 0; step < 3000; step++) {
      const { volume, lastTradedPrice } = instrument;
      instrument.step(NOON + step);
      const moved = Math.abs(instrument.lastTradedPrice - lastTradedPrice) / tickSize;
      assert.ok(Number.isInteger(moved) && moved <= 3, `moved by ${moved} ticks`);
      assert.ok(instrument.volume >= volume);
      if (instrument.volume === volume) unchangedVolume++;
      const price = instrument.lastTradedPrice;
      assert.ok(instrument.low <= price && price <= instrument.high);
      assert.ok(instrument.low <= instrument.open && instrument.open <= instrument.high);
      assert.ok(instrument.low <= instrument.averageTradedPrice);
      assert.ok(instrument.averageTradedPrice <= instrument.high);
      assert.ok(instrument.lowerCircuit <= price && price <= instrument.upperCircuit);
      assert.ok(instrument.low52w <= instrument.low && instrument.high <= instrument.high52w);
      assert.ok(instrument.openInterest >= 0 && Number.isInteger(instrument.openInterest));
    }
    assert.ok(unchangedVolume > 800 && unchangedVolume < 1200, `${unchangedVolume} of 3000`);
  }
});

test('the bids fall, the asks rise, and the last price stands at one of the best', () => {
  for (const identity of IDENTITIES) {
    const instrument = new SimulatedInstrument(identity, ANGEL_EXCHANGE_WIRE, 2, NOON);
    for (let step = 0; step < 500; step++) {
      instrument.step(NOON);
      const bids = instrument.buy.filter(({ price }) => price !== 0);
      const asks = instrument.sell;
      assert.equal(instrument.buy.length, 20);
      assert.equal(asks.length, 20);
      assert.ok(bids.every(({ price }, level) => level === 0 || price < (bids[level - 1]?.price ?? 0)));
      assert.ok(asks.every(({ price }, level) => level === 0 || price > (asks[level - 1]?.price ?? 0)));
      const bestAsk = asks[0]?.price ?? 0;
      const bestBid = bids[0]?.price ?? 0;
      assert.ok(bestBid < bestAsk);
      assert.ok([bestBid, bestAsk].includes(instrument.lastTradedPrice) || bids.length === 0);
      for (const { price, quantity, orders } of [...bids, ...asks]) {
        assert.equal(price % instrument.tickSize, 0);
        assert.ok(quantity >= orders && orders > 0);
      }
      const empty = instrument.buy.filter(({ price }) => price === 0);
      assert.ok(empty.every(({ quantity, orders }) => quantity === 0 && orders === 0));
    }
  }
});

test('an index has a price that always moves, and no book, quantities or sequence number', () => {
  const market = new SimulatedMarket(ANGEL_EXCHANGE_WIRE, 1, []);
  const nifty = market.instrument(1, '99926000', NOON);
  assert.equal(nifty.tickClass, 'index');
  for (let step = 0; step < 200; step++) {
    const before = nifty.lastTradedPrice;
    market.step(nifty, NOON);
    assert.notEqual(nifty.lastTradedPrice, before);
  }
  assert.deepEqual(
    [
      nifty.sequenceNumber,
      nifty.volume,
      nifty.lastTradedQuantity,
      nifty.averageTradedPrice,
      nifty.openInterest,
    ],
    [0, 0, 0, 0, 0],
  );
  assert.deepEqual([nifty.buy, nifty.sell, nifty.upperCircuit, nifty.lowerCircuit], [[], [], 0, 0]);
  assert.ok(nifty.low <= nifty.lastTradedPrice && nifty.lastTradedPrice <= nifty.high);
});

test('exchange time is the second in modes 1 to 3, the millisecond in mode 4, and trade time is in seconds', () => {
  const instrument = new SimulatedInstrument(IDENTITIES[0], ANGEL_EXCHANGE_WIRE, 1, NOON);
  instrument.step(NOON + 1234.567);
  assert.equal(instrument.exchangeTimeMs, NOON + 1000);
  assert.equal(instrument.depthTimeMs, NOON + 1234);
  assert.equal(instrument.lastTradedTime, NOON / 1000 + 1);
});

test('sequence numbers rise by 1 to 800 within a segment, whichever token ticks', () => {
  const market = new SimulatedMarket(ANGEL_EXCHANGE_WIRE, 1, []);
  const tokens = [market.instrument(1, '1', NOON), market.instrument(1, '2', NOON)];
  const other = market.instrument(2, '1', NOON);
  let last = Math.max(...tokens.map(({ sequenceNumber }) => sequenceNumber));
  const otherBefore = other.sequenceNumber;
  for (let step = 0; step < 500; step++) {
    const token = tokens[step % 2];
    assert.ok(token);
    market.step(token, NOON);
    const rise = token.sequenceNumber - last;
    assert.ok(rise >= 1 && rise <= 800, `rose by ${rise}`);
    last = token.sequenceNumber;
  }
  assert.equal(other.sequenceNumber, otherBefore);
});

test('a known instrument starts at its reference price, an unknown one at a price of its seed and token', () => {
  const known = { exchangeType: 1, token: '2885', referencePrice: 141_840, kind: 'cash' } as const;
  const market = new SimulatedMarket(ANGEL_EXCHANGE_WIRE, 1, [known]);
  const reliance = market.instrument(1, '2885', NOON);
  assert.equal(reliance.close, 141_840);
  assert.ok(Math.abs(reliance.lastTradedPrice - 141_840) < 1_500);
  assert.equal(market.instrument(1, '2885', NOON), reliance);
  const price = (seed: number, exchangeType: number, token: string) =>
    new SimulatedMarket(ANGEL_EXCHANGE_WIRE, seed, []).instrument(exchangeType, token, NOON).close;
  assert.equal(price(1, 1, '7'), price(1, 1, '7'));
  assert.notEqual(price(1, 1, '7'), price(2, 1, '7'));
  assert.notEqual(price(1, 1, '7'), price(1, 3, '7'));
  assert.notEqual(price(1, 1, '7'), price(1, 1, '8'));
});

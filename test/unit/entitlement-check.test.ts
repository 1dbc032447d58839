import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { refuseByRights, type Subscribed } from '../../src/workers/proxy/entitlements/entitlement-check.ts';
import { PLAIN_TERMS } from '../../src/workers/proxy/slow/delivery-terms.ts';
import {
  type Item,
  permitted,
  stillPermitted,
} from '../../src/workers/proxy/subscriptions/subscription-item.ts';
import { rightsOf } from '../support/entitlement-file.ts';

const QUOTE: Subscribed = { exchange: 'NSE', symbol: 'INFY', mode: MODE.QUOTE, depthLevel: 5 };
const DEPTH: Subscribed = { ...QUOTE, mode: MODE.DEPTH };
const DEEP: Subscribed = { ...QUOTE, mode: MODE.DEEP_DEPTH, depthLevel: 20 };

function messageOf(given: Parameters<typeof rightsOf>[1], subscribed: Subscribed): string | null {
  const refusal = refuseByRights(rightsOf('viewer', given), subscribed);
  if (refusal === null) return null;
  assert.ok(refusal.status === 'error');
  assert.equal(refusal.code, 'NOT_ENTITLED');
  return refusal.message;
}

test('who has no role, or one that restricts nothing, may subscribe everything', () => {
  for (const subscribed of [QUOTE, DEPTH, DEEP]) {
    assert.equal(refuseByRights(null, subscribed), null);
    assert.equal(messageOf({}, subscribed), null);
  }
});

test('a refusal names the right that is missing and what the role allows instead', () => {
  assert.equal(
    messageOf({ modes: [MODE.LTP, MODE.DEEP_DEPTH] }, QUOTE),
    'Missing right: mode 2 (quote). Role viewer allows the modes ltp, deep-depth',
  );
  assert.equal(
    messageOf({ exchanges: [] }, QUOTE),
    'Missing right: exchange NSE. Role viewer allows the exchanges none',
  );
  const symbols = Array.from({ length: 12 }, (_, i) => `S${i}`);
  assert.equal(
    messageOf({ symbols }, QUOTE),
    'Missing right: symbol INFY on exchange NSE. Role viewer allows the symbols S0, S1, S2, S3, S4, S5, S6, S7, S8, ' +
      'S9 and 2 more',
  );
});

test('depth levels are a right of the modes that have depth, and of no other', () => {
  assert.equal(messageOf({ depthLevels: [] }, QUOTE), null);
  assert.equal(messageOf({ depthLevels: [5] }, DEPTH), null);
  assert.equal(
    messageOf({ depthLevels: [20] }, DEPTH),
    'Missing right: depth of 5 levels. Role viewer allows the depth levels 20',
  );
  assert.equal(
    messageOf({ depthLevels: [5] }, DEEP),
    'Missing right: depth of 20 levels. Role viewer allows the depth levels 5',
  );
  // A client that gets five levels of the twenty that it asked for needs the right to five.
  assert.equal(messageOf({ depthLevels: [5] }, { ...DEEP, depthLevel: 5 }), null);
});

test('a right that goes while the control plane is asked refuses what was granted, and nothing else', () => {
  const wish = {
    mode: MODE.QUOTE,
    modeName: 'Quote',
    isDesign: false,
    depth: 5,
    depthLevel: 5,
    depthFallback: true,
    terms: PLAIN_TERMS,
  };
  const item = (symbol: string): Item => ({
    requested: { symbol, exchange: 'NSE', mode: undefined },
    context: { wish, broker: 'angel', levels: [5], hasCodes: false },
    servedLevel: 5,
    refusal: null,
  });
  const items = ['INFY', 'TCS', 'NOPE'].map(item);
  const unknown = { status: 'error', code: 'SYMBOL_NOT_FOUND', message: '' } as const;
  const granted = { status: 'ok', instruments: [] } as const;
  const before = rightsOf('viewer');
  const after = rightsOf('viewer', { symbols: ['TCS'] });
  const outcomes = [granted, granted, unknown];
  assert.equal(stillPermitted(items, outcomes, before, before), outcomes);
  const revised = stillPermitted(items, outcomes, before, after);
  assert.deepEqual(
    revised.map((outcome) => (outcome.status === 'error' ? outcome.code : 'ok')),
    ['NOT_ENTITLED', 'ok', 'SYMBOL_NOT_FOUND'],
  );
  // A refusal for another reason stays the one that is told.
  const refused = { ...items[0]!, refusal: unknown };
  assert.equal(permitted(refused, after), refused);
});

/** Who subscribes again soon gets the encoder that is there, and never one that writes another instrument's name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_IDLE_ENCODERS } from '../../src/workers/proxy/subscriptions/idle-encoders.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { QUOTE_FORM } from '../support/quote-form.ts';
import { RELIANCE } from '../support/sample-tick.ts';

/** The encoder that somebody has who subscribes and leaves at once. */
function passingEncoder(index: SubscriptionIndex, instrument = RELIANCE) {
  const stream = index.add(instrument, QUOTE_FORM);
  index.remove(stream);
  return stream.encoder;
}

test('an instrument that is subscribed again has its encoder at once', () => {
  const index = new SubscriptionIndex();
  assert.equal(passingEncoder(index), passingEncoder(index));
});

test('a slot that stands for another instrument gets an encoder of its own', () => {
  const index = new SubscriptionIndex();
  const first = passingEncoder(index);
  assert.notEqual(passingEncoder(index, { ...RELIANCE, symbol: 'INFY' }), first);
  assert.notEqual(passingEncoder(index), first);
});

test('of very many that were given up the first ones are forgotten', () => {
  const index = new SubscriptionIndex();
  const first = passingEncoder(index);
  for (let slot = 1; slot <= MAX_IDLE_ENCODERS; slot++) passingEncoder(index, { ...RELIANCE, slot });
  assert.notEqual(passingEncoder(index), first);
});

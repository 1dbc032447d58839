import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic, parseTopic } from '../../src/codec/topic.ts';

const part = fc.string({ minLength: 1, unit: 'grapheme' });

test('every instrument and mode has a topic that names exactly it', () => {
  const modes = fc.constantFrom(...Object.values(MODE));
  fc.assert(
    fc.property(part, part, part, modes, (broker, exchange, symbol, mode) => {
      assert.deepEqual(parseTopic(formatTopic({ broker, exchange, symbol }, mode)), {
        broker,
        exchange,
        symbol,
        mode,
      });
    }),
  );
});

test('a topic is no prefix of the topic of an instrument whose name begins alike', () => {
  const topicOf = (symbol: string) => formatTopic({ broker: 'angel', exchange: 'NSE', symbol }, MODE.LTP);
  assert.equal(topicOf('TCS'), 'angel/NSE/TCS/LTP/');
  assert.ok(!topicOf('TCSX').startsWith(topicOf('TCS')));
  assert.ok(!topicOf('M&M/A').startsWith(topicOf('M&M')));
});

test('a prefix, or a text that is no topic, names no instrument', () => {
  for (const text of [
    '',
    'angel/',
    'angel/NSE/TCS/LTP',
    'angel/NSE/TCS/FOO/',
    'angel//TCS/LTP/',
    'a/b/c/LTP/x',
  ]) {
    assert.equal(parseTopic(text), null, text);
  }
});

/** Which client is sent its ticks itself, and what becomes of them when others come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MODE } from '../../src/codec/tick.ts';
import { WORD } from '../../src/codec/tick-message.ts';
import { Broadcaster } from '../../src/workers/proxy/broadcaster.ts';
import { type Stream, SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { type TopicMember, TopicMembers } from '../../src/workers/proxy/subscriptions/topic-members.ts';
import type { TickSource } from '../../src/workers/tick-source.ts';
import { QUOTE_FORM } from '../support/quote-form.ts';
import { RELIANCE, sampleTick } from '../support/sample-tick.ts';

/** A client that notes what it is sent, in the writes that it leaves in. */
class Client implements TopicMember {
  readonly writes: string[][] = [];
  pushes = 0;
  #corked: string[] | null = null;

  sendBytes(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString();
    if (this.#corked === null) this.writes.push([text]);
    else this.#corked.push(text);
  }

  cork(send: () => void): void {
    this.#corked = [];
    send();
    if (this.#corked.length > 0) this.writes.push(this.#corked);
    this.#corked = null;
  }

  push(): void {
    this.pushes++;
  }
}

/** A source that has `ticks` ticks of one instrument in each drain, and streams of two forms of it. */
function scene() {
  const { words, doubles } = sampleTick(MODE.QUOTE);
  let pending = 0;
  const source: TickSource = {
    hasTicks: () => pending > 0,
    drain: (handler) => {
      const ticks = pending;
      for (; pending > 0; pending--) {
        words[WORD.SEQ]!++;
        handler(words, doubles, words.length);
      }
      return ticks;
    },
    readLast: () => 0,
    isLastValue: false,
    lost: 0,
    takeLoss: () => false,
  };
  const index = new SubscriptionIndex();
  const published: string[] = [];
  const app = { publish: (topic: unknown) => published.push(String(topic)) > 0 };
  const broadcaster = new Broadcaster(app, index, source);
  const drain = (ticks: number) => {
    pending = ticks;
    assert.equal(broadcaster.drain(100), ticks);
  };
  const quote = index.add(RELIANCE, QUOTE_FORM);
  const ltp = index.add(RELIANCE, { ...QUOTE_FORM, view: MODE.LTP });
  return { index, quote, ltp, published, drain };
}

test('all that a drain brings to a client that is alone on its topics leaves in one write, past the topics', () => {
  const { index, quote, ltp, published, drain } = scene();
  const client = new Client();
  index.topics.add(quote, client);
  index.topics.add(ltp, client);
  drain(3);
  assert.deepEqual(
    client.writes.map((write) => write.length),
    [6],
  );
  assert.deepEqual(published, []);
});

test('beside another client on any topic everything is published: a cork for the one is in the way of the other', () => {
  const { index, quote, ltp, published, drain } = scene();
  const [first, second] = [new Client(), new Client()];
  index.topics.add(quote, first);
  index.topics.add(ltp, first);
  index.topics.add(ltp, second);
  drain(1);
  assert.deepEqual([published, first.writes.flat().length], [[ltp.topic, quote.topic], 0]);
  index.topics.remove(ltp, second);
  drain(1);
  assert.deepEqual([published.length, first.writes.flat().length], [2, 2]);
  assert.deepEqual(second.writes, []);
});

test('what was published is pushed to each client on topics, and nothing to one that was sent its ticks itself', () => {
  const { index, quote, ltp } = scene();
  const [first, second, direct] = [new Client(), new Client(), new Client()];
  index.topics.add(quote, first);
  ltp.directReceivers.push(direct);
  index.topics.push();
  assert.equal(first.pushes, 0, 'its ticks have left in one write');
  index.topics.add(ltp, first);
  index.topics.add(ltp, second);
  index.topics.push();
  assert.deepEqual([first.pushes, second.pushes, direct.pushes], [1, 1, 0]);
});

test('a failure while a client is corked reaches whoever drains', () => {
  const { index, quote, drain } = scene();
  const client = new Client();
  client.sendBytes = () => {
    throw new Error('socket closed');
  };
  index.topics.add(quote, client);
  assert.throws(() => drain(1), /socket closed/);
});

test('the client that is alone on topics does not get what is for one that is on none: AmiBroker, or one that waits for its last value', () => {
  const { index, quote, ltp, published, drain } = scene();
  const [onTopic, direct] = [new Client(), new Client()];
  index.topics.add(quote, onTopic);
  ltp.directReceivers.push(direct);
  drain(2);
  assert.deepEqual([onTopic.writes.flat().length, direct.writes.map((write) => write.length)], [2, [1, 1]]);
  assert.deepEqual(published, [ltp.topic, ltp.topic], 'nobody is on this one, which costs nothing');
});

test('whatever clients join and leave, one is sent its ticks itself exactly while it alone is on topics', () => {
  const step = fc.record({ client: fc.nat(3), stream: fc.nat(4), joins: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { index } = scene();
      const members = new TopicMembers();
      const streams = Array.from({ length: 5 }, (_, i) =>
        index.add({ ...RELIANCE, slot: 10 + i }, QUOTE_FORM),
      );
      const clients = Array.from({ length: 4 }, () => ({ client: new Client(), on: new Set<Stream>() }));
      for (const { client: number, stream: streamNumber, joins } of steps) {
        const { client, on } = clients[number]!;
        const stream = streams[streamNumber]!;
        if (joins === on.has(stream)) continue;
        if (joins) {
          members.add(stream, client);
          on.add(stream);
        } else {
          members.remove(stream, client);
          on.delete(stream);
        }
        const present = clients.filter((each) => each.on.size > 0);
        assert.equal(members.only, present.length === 1 ? present[0]!.client : null);
        assert.equal(stream.onTopic, clients.filter((each) => each.on.has(stream)).length);
      }
    }),
  );
});

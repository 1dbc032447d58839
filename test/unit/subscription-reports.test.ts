import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusOutlet } from '../../src/workers/bus/bus-outlet.ts';
import { ANSWERS_PER_TURN, readSubscriptionReports } from '../../src/workers/bus/subscription-reports.ts';

async function* reports(count: number, report: Buffer) {
  for (let i = 0; i < count; i++) yield [report];
}

test('who asks for everything again and again fills no memory, and others have their turn in between', async () => {
  const answerLength = 100;
  const outlet = new BusOutlet({ send: async () => {} });
  let mostWaiting = 0;
  let flushed = 0;
  const turns: number[] = [];
  const onTurn = () => {
    turns.push(outlet.messages);
    timer = setImmediate(onTurn);
  };
  let timer = setImmediate(onTurn);
  await readSubscriptionReports({
    socket: reports(200, Buffer.from([1])),
    outlet,
    onSubscribe: (prefix) => {
      assert.equal(prefix, '');
      mostWaiting = Math.max(mostWaiting, flushed - outlet.messages);
      for (let i = 0; i < answerLength; i++) outlet.pushEvent([`@status/${i}/`, '{}']);
      flushed += answerLength;
      void outlet.flush();
    },
    onUnsubscribe: () => assert.fail('nobody has unsubscribed'),
  });
  clearImmediate(timer);
  assert.equal(outlet.messages, 200 * answerLength);
  assert.equal(mostWaiting, 0, 'an answer is made when the one before is sent');
  const perTurn = turns.map((messages, i) => messages - (turns[i - 1] ?? 0));
  assert.ok(Math.max(...perTurn) <= ANSWERS_PER_TURN + answerLength, `${perTurn}`);
});

test('what is neither a subscription nor an unsubscription is passed over', async () => {
  const heard: string[] = [];
  const outlet = new BusOutlet({ send: async () => {} });
  async function* socket() {
    for (const bytes of [[], [2, 65], [1, 65], [0, 65], [255]]) yield [Buffer.from(bytes)];
    yield [];
  }
  await readSubscriptionReports({
    socket: socket(),
    outlet,
    onSubscribe: (prefix) => void heard.push(`+${prefix}`),
    onUnsubscribe: (prefix) => void heard.push(`-${prefix}`),
  });
  assert.deepEqual(heard, ['+A', '-A']);
});

/** Whoever reads metrics and health of the operator's listener keeps the main thread from nothing. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FigureRequests } from '../../src/main/dashboard/figure-requests.ts';
import type { FromOperator } from '../../src/main/dashboard/operator-messages.ts';
import type { FigurePage } from '../../src/main/ops/engine-view.ts';

function scene(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: number[] = [];
  const requests = new FigureRequests((message: FromOperator) => {
    if (message.type === 'figures') asked.push(message.id);
  });
  const answers: FigurePage[] = [];
  const ask = (count: number) => {
    for (let i = 0; i < count; i++) requests.ask('/metrics', (page) => void answers.push(page));
    t.mock.timers.tick(50);
  };
  const answer = (body: string) =>
    requests.answer(asked.at(-1)!, { status: 200, contentType: 'text/plain', body });
  return { asked, answers, ask, answer };
}

test('many who scrape at once keep the main thread no busier than one', (t) => {
  const { asked, answers, ask, answer } = scene(t);
  ask(40);
  assert.equal(asked.length, 1);
  answer('first');
  assert.deepEqual([answers.length, new Set(answers.map(({ body }) => body)).size], [40, 1]);
  ask(1);
  assert.equal(asked.length, 2, 'what was true before is not told again');
  answer('second');
  assert.equal(answers.at(-1)?.body, 'second');
});

test('there is a bound to those who wait for a main thread that says nothing, and none waits for ever', (t) => {
  const { asked, answers, ask } = scene(t);
  ask(100);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([503]));
  assert.equal(answers.length, 36);
  t.mock.timers.tick(2000);
  assert.deepEqual([asked.length, answers.length], [1, 100]);
  assert.match(answers.at(-1)!.body, /MAIN_SILENT/);
});

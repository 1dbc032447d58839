import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { LogTail } from '../../src/main/ops/log-tail.ts';

function logInto(tail: LogTail) {
  return pino({ level: 'info', base: null }, { write: (line: string) => tail.write(line) });
}

test('an operator reads the last lines as they were logged, with all that stood in them', () => {
  const tail = new LogTail(10);
  const before = Date.now();
  logInto(tail).child({ worker: 'proxy 0' }).warn({ address: '10.0.0.1' }, 'somebody came');
  const [line] = tail.last(5);
  assert.ok(line!.at >= before && line!.at <= Date.now());
  assert.deepEqual(
    { ...line, at: 0 },
    { at: 0, level: 'warn', message: 'somebody came', fields: { worker: 'proxy 0', address: '10.0.0.1' } },
  );
});

test('however much is logged, so many lines are kept and no more, the latest ones', () => {
  const tail = new LogTail(3);
  const log = logInto(tail);
  for (let i = 1; i <= 100; i++) log.info(`line ${i}`);
  const texts = (lines: readonly { message: string }[]) => lines.map(({ message }) => message);
  assert.deepEqual(texts(tail.last(1000)), ['line 98', 'line 99', 'line 100']);
  assert.deepEqual(texts(tail.last(1)), ['line 100']);
  assert.deepEqual(tail.last(0), []);
});

test('whoever follows reads each line once, as far as it is kept', () => {
  const tail = new LogTail(3);
  const log = logInto(tail);
  log.info('old');
  const { position } = tail;
  assert.deepEqual(tail.since(position), []);
  log.info('new');
  assert.deepEqual(
    tail.since(position).map(({ message }) => message),
    ['new'],
  );
  for (let i = 1; i <= 5; i++) log.info(`line ${i}`);
  assert.deepEqual(
    tail.since(position).map(({ message }) => message),
    ['line 3', 'line 4', 'line 5'],
  );
});

test('a line that is longer than anybody reads is cut, and says so', () => {
  const tail = new LogTail(3);
  logInto(tail).error({ text: 'x'.repeat(20_000) }, 'too much');
  const [line] = tail.last(1);
  assert.equal(line!.level, 'error');
  assert.ok(line!.message.length < 9000);
  assert.match(line!.message, /… \(\d{5} characters\)$/);
});

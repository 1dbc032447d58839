/** What the log of a proxy host says of its feed hosts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FeedLinks, type LinkNews } from '../../src/main/ops/feed-links.ts';

const A = 'tcp://a:5556';
const B = 'tcp://b:5556';

function scene() {
  const lines: string[] = [];
  let now = Date.UTC(2026, 0, 5, 4, 0, 0);
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const links = new FeedLinks({ info: write('info'), warn: write('warn') }, () => now);
  const note = (worker: number, endpoint: string, state: LinkNews['state'], detail = '') =>
    links.note(worker, { type: 'link', endpoint, state, detail });
  return {
    links,
    note,
    pass: (ms: number) => {
      now += ms;
    },
    /** The lines since the last call. */
    said: () => lines.splice(0),
  };
}

test('an operator reads once that a feed host is away and since when, however many workers miss it', () => {
  const { note, pass, said } = scene();
  for (const worker of [1, 2]) note(worker, A, 'up');
  assert.deepEqual(said(), [`info feed host is up {"feedHost":"${A}"}`]);
  pass(60_000);
  note(1, A, 'away', 'nothing heard for 3 s');
  pass(10);
  note(2, A, 'away', 'nothing heard for 3 s');
  assert.deepEqual(said(), [
    `warn feed host is away {"feedHost":"${A}","detail":"nothing heard for 3 s","since":"2026-01-05T04:01:00.000Z"}`,
  ]);
  pass(5000);
  note(1, A, 'up');
  assert.deepEqual(said(), [], 'one worker still misses it');
  note(2, A, 'up');
  assert.deepEqual(said(), [
    `info feed host is back {"feedHost":"${A}","awaySince":"2026-01-05T04:01:00.000Z"}`,
  ]);
});

test('a host that is not there at the start is told of, and each feed host is told of apart', () => {
  const { note, said } = scene();
  note(1, A, 'away', 'no connection within 3000 ms');
  note(1, B, 'up');
  assert.deepEqual(said(), [
    `warn feed host is away {"feedHost":"${A}","detail":"no connection within 3000 ms","since":"2026-01-05T04:00:00.000Z"}`,
    `info feed host is up {"feedHost":"${B}"}`,
  ]);
});

test('a worker that has left misses nothing any more', () => {
  const { links, note, said } = scene();
  note(1, A, 'up');
  note(2, A, 'away');
  said();
  links.forget(2);
  assert.match(said().join(), /^info feed host is back /);
  links.forget(1);
  assert.deepEqual(said(), []);
});

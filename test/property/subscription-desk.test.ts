/** Whatever a program subscribes and drops while connections come and go: in the end the server holds what is wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestLine } from '../../src/client/request-line.ts';
import type { StreamReader } from '../../src/client/stream.ts';
import { StreamTable } from '../../src/client/stream-table.ts';
import { SubscriptionDesk } from '../../src/client/subscription-desk.ts';
import { checkTerms } from '../../src/client/terms.ts';
import type { WireMessage } from '../../src/client/wire.ts';

/** Few, so that what was dropped is often wanted again. */
const NAMES = ['NSE:A', 'NSE:B', 'NSE:D'];
/** The server has no such instrument. */
const UNKNOWN = 'NSE:D';
const MODES = ['ltp', 'quote'] as const;
const MODE_NAMES: Readonly<Record<number, string>> = { 1: 'LTP', 2: 'Quote' };

interface Asked {
  readonly action: string;
  readonly mode?: number;
  readonly symbols: readonly { readonly symbol: string; readonly exchange: string; readonly mode?: number }[];
}

/** As the server is: it answers one request after another, and takes no more symbols than `maxBatch` at once. */
class Server {
  readonly held = new Set<string>();
  readonly maxBatch: number;
  line: RequestLine | null = null;
  #asked: Asked[] = [];

  constructor(maxBatch: number) {
    this.maxBatch = maxBatch;
  }

  connect(): RequestLine {
    this.#asked = [];
    this.line = new RequestLine(
      (request) => void this.#asked.push(request as Asked),
      60_000,
      () => assert.fail(),
    );
    return this.line;
  }

  /** @returns whether there was anything to answer */
  answer(): boolean {
    const asked = this.#asked.shift();
    if (asked === undefined) return false;
    assert.ok(this.line!.take(this.#answerTo(asked)));
    return true;
  }

  resumed(): WireMessage {
    const subscriptions = [...this.held].map((key) => {
      const [mode, name] = key.split(' ');
      const [exchange, symbol] = name!.split(':');
      return { exchange, symbol, status: 'success', mode: MODE_NAMES[Number(mode)] };
    });
    return { type: 'session', status: 'resumed', subscriptions, orders: false };
  }

  #answerTo({ action, mode, symbols }: Asked): WireMessage {
    if (action === 'subscribe' && symbols.length > this.maxBatch) {
      return { status: 'error', code: 'BATCH_TOO_LARGE', message: 'too many' };
    }
    const entries = symbols.map((each) => {
      const key = `${each.mode ?? mode} ${each.exchange}:${each.symbol}`;
      if (action === 'unsubscribe') assert.ok(this.held.delete(key), `${key} was not held`);
      else if (`${each.exchange}:${each.symbol}` === UNKNOWN) {
        return { ...each, status: 'error', code: 'SYMBOL_NOT_FOUND', message: 'no' };
      } else {
        assert.ok(!this.held.has(key), `${key} is subscribed twice`);
        this.held.add(key);
      }
      return { ...each, status: 'success', mode };
    });
    return { type: action, status: 'success', subscriptions: entries };
  }
}

const step = fc.oneof(
  fc.record({
    do: fc.constant('subscribe' as const),
    name: fc.constantFrom(...NAMES),
    mode: fc.constantFrom(...MODES),
  }),
  fc.record({ do: fc.constant('drop' as const), nth: fc.nat({ max: 9 }) }),
  fc.record({ do: fc.constantFrom('answer' as const, 'turn' as const, 'break' as const, 'resume' as const) }),
);

test('after any order of subscribing, dropping, answers and breaks the server holds exactly what is wanted, and nothing is asked twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, maxBatch) => {
        const server = new Server(maxBatch);
        const streams = new StreamTable();
        const desk = new SubscriptionDesk(streams, (error) => assert.equal(error.code, 'SYMBOL_NOT_FOUND'));
        const readers: {
          readonly name: string;
          readonly mode: (typeof MODES)[number];
          leave(): void;
          isEnded: boolean;
        }[] = [];
        desk.open(server.connect());
        for (const each of steps) {
          if (each.do === 'subscribe') {
            const terms = checkTerms(each.name, each.mode, {});
            const stream = streams.get(each.name, terms.wireMode) ?? streams.add(terms);
            const own = { name: each.name, mode: each.mode, isEnded: false, leave: () => {} };
            const reader: StreamReader = {
              take: () => {},
              emit: () => true,
              confirm: () => {},
              finish: (error) => {
                assert.equal(error?.code, 'SYMBOL_NOT_FOUND', 'what is wanted ends only when it is refused');
                own.isEnded = true;
                return true;
              },
            };
            own.leave = () => {
              own.isEnded = true;
              stream.readers.delete(reader);
              void desk.release(stream);
            };
            stream.join(reader);
            readers.push(own);
            desk.plan();
          } else if (each.do === 'drop') {
            const one = readers[each.nth];
            if (one !== undefined && !one.isEnded) one.leave();
          } else if (each.do === 'answer') {
            server.answer();
          } else if (each.do === 'turn') {
            await Promise.resolve();
          } else {
            desk.close();
            if (each.do === 'break') server.held.clear();
            else desk.takeResumed(server.resumed());
            desk.open(server.connect());
          }
        }
        do await new Promise((resolve) => setImmediate(resolve));
        while (server.answer());
        const wanted = readers.filter(({ isEnded }) => !isEnded);
        assert.ok(
          wanted.every(({ name }) => name !== UNKNOWN),
          'what the server refuses ends',
        );
        const keys = wanted.map(({ name, mode }) => `${MODES.indexOf(mode) + 1} ${name}`);
        assert.deepEqual([...server.held].sort(), [...new Set(keys)].sort());
        desk.close();
      },
    ),
    { numRuns: 600 },
  );
});

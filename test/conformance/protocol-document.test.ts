/** PROTOCOL.md says what the engine does: every example in it is sent and compared with what comes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CLOSE } from '../../src/workers/proxy/connection/close-codes.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { OpenAlgoPublisher } from '../support/openalgo-publisher.ts';
import { type DocumentBlock, ProtocolDocument } from '../support/protocol-document.ts';
import type { Message, Received, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** Numbers that the protocol fixes; all others in a tick, a gap or a status come from the market and the clocks. */
const FIXED = 'mode|depth_level|actual_depth_level';
/** Of an answer only these vary. */
const VARYING = 'server_timestamp|away_ms';

const isTick = ({ message }: Received) => message.type === 'market_data';
const isGap = ({ message }: Received) => message.type === 'gap';
const isReceipt = ({ message }: Received) => message.type === 'receipt';
const isStatus = ({ message }: Received) => message.type === 'feed_status';
const isOrder = ({ message }: Received) => message.type === 'order_update';

/** A message's text with the type in place of each value that varies. */
function pattern(text: string, kind: DocumentBlock['kind']): string {
  const name = kind === 'answer' ? `(?:${VARYING})` : `(?!(?:${FIXED})")[a-z_]+`;
  return text
    .replaceAll(new RegExp(`("${name}": ?)-?\\d+\\.\\d+`, 'g'), '$1<float>')
    .replaceAll(new RegExp(`("${name}": ?)-?\\d+(?=[,}])`, 'g'), '$1<integer>')
    .replaceAll(/"reason": ?"[^"]*"(?=.*"instruments")/g, '"reason": <text>')
    .replaceAll(/"session": ?"(?:SESSION|[\w-]{22})"/g, '"session": <id>')
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g, '"<time>"');
}

/** Both as text that is equal if they agree; msgpack tells no whole float from an integer. */
function comparable(kind: DocumentBlock['kind'], expected: string, received: Received): [string, string] {
  if (!received.isBinary) return [pattern(received.text, kind), pattern(expected, kind)];
  const texts = [received.message, JSON.parse(expected) as unknown].map((message) =>
    pattern(JSON.stringify(message), kind).replaceAll('<float>', '<integer>'),
  );
  return texts as [string, string];
}

/** One connection of the document, and how far its examples have come. */
class Reading {
  readonly #fixture: EngineFixture;
  readonly #client: TestClient;
  readonly #publisher: OpenAlgoPublisher;
  /** The session of the connection before. */
  readonly #former: string;
  #answers = 0;
  #gaps = 0;
  #statuses = 0;
  /** Where in the received messages the latest request was sent. */
  #asked = 0;

  constructor(fixture: EngineFixture, publisher: OpenAlgoPublisher, client: TestClient, former: string) {
    this.#former = former;
    this.#fixture = fixture;
    this.#publisher = publisher;
    this.#client = client;
  }

  /** Of this connection; empty where it has none. */
  get session(): string {
    return String(
      this.#client.received.find(({ message }) => message.type === 'auth')?.message.session ?? '',
    );
  }

  async take(block: DocumentBlock): Promise<void> {
    for (const text of block.messages) {
      if (block.kind === 'request') {
        this.#asked = this.#client.received.length;
        this.#client.sendRaw(
          text.replace('YOUR_API_KEY', this.#fixture.key).replace('SESSION', this.#former),
        );
      } else if (block.kind === 'order') {
        this.#publisher.send('ANGEL_demo_orders', text);
        const { received } = this.#client;
        assert.equal((await until('an order', () => received.find(isOrder))).text, text);
      } else {
        const received = await this.#next(block.kind, JSON.parse(text) as Message);
        const [actual, expected] = comparable(block.kind, text, received);
        assert.equal(actual, expected, `PROTOCOL.md:${block.line}`);
      }
    }
  }

  #next(kind: DocumentBlock['kind'], expected: Message): Promise<Received> {
    const { received } = this.#client;
    if (kind === 'answer') {
      const at = this.#answers++;
      const others = (each: Received) =>
        ![isTick, isGap, isReceipt, isStatus, isOrder].some((is) => is(each));
      return until('an answer', () => received.filter(others)[at]);
    }
    if (kind === 'gap') {
      const at = this.#gaps++;
      if (expected.reason === 'outage') this.#fixture.exchange.dropAll();
      return until('a gap', () => received.filter(isGap)[at]);
    }
    if (kind === 'receipt') {
      return until('a receipt', () => {
        const found = received.find(isReceipt);
        if (found === undefined) this.#fixture.exchange.step(20);
        return found;
      });
    }
    if (kind === 'status') {
      if (expected.status === 'recovering') {
        // Away for long enough to be told of it.
        this.#fixture.exchange.refuseNext({ status: 503 });
        this.#fixture.exchange.dropAll();
      }
      const at = this.#statuses++;
      return until('a feed status', () => received.filter(isStatus)[at]);
    }
    return until(`a tick of mode ${expected.mode}`, () => {
      const found = received.slice(this.#asked).find((each) => {
        const { mode, symbol, topic } = each.message;
        return (
          isTick(each) && mode === expected.mode && symbol === expected.symbol && topic === expected.topic
        );
      });
      if (found === undefined) this.#fixture.exchange.step(20);
      return found;
    });
  }
}

test('every example of PROTOCOL.md is what the engine does', async (t) => {
  const document = new ProtocolDocument();
  const fixture = await startEngineFixture(t, {
    flags: ['--openalgo-bus=on', '--zmq-port=0', alwaysOpen(t)],
  });
  const publisher = await OpenAlgoPublisher.connect(t, fixture.started.openalgoBusEndpoint!);
  const first = await fixture.client();
  await until('the connection to the broker', async () => {
    const { message } = await first.ask({ action: 'get_broker_info' });
    return message.adapter_status === 'connected';
  });
  let reading: Reading | undefined;
  for (const block of document.blocks) {
    if (block.kind === 'connection') {
      const { pathname, search } = new URL(block.messages[0]!);
      const client = await fixture.client({ authenticate: false, path: pathname + search });
      reading = new Reading(fixture, publisher, client, reading?.session ?? '');
    } else {
      assert.ok(reading !== undefined, 'a connection comes first');
      await reading.take(block);
    }
  }
  assert.ok(document.blocks.length > 20);
});

test('the close codes of PROTOCOL.md are those that the proxy uses', () => {
  const documented = new ProtocolDocument().table('Close codes');
  const expected = Object.values(CLOSE).toSorted((a, b) => a.code - b.code);
  assert.deepEqual(
    documented.map(([code, reason]) => [Number(code), reason?.split(',')[0]]),
    expected.map(({ code, reason }) => [code, reason]),
  );
});

test('the error codes of PROTOCOL.md are those in the sources that answer clients', () => {
  const folders = ['workers/proxy', 'workers/bus-source', 'codec', 'main/subscriptions', 'main/brokers'];
  const found = new Set<string>();
  for (const folder of folders) {
    const url = new URL(`../../src/${folder}/`, import.meta.url);
    const names = readdirSync(url, { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((file) => file.endsWith('.ts'))) {
      const text = readFileSync(new URL(name, url), 'utf8');
      const codes = text.matchAll(
        /(?:code: |(?:CODE|CAPACITY|UNAVAILABLE) = |designError\(|refuse\(|refuse\(session, |#refuse\(session, )'([A-Z_]+)'/g,
      );
      for (const [, code] of codes) found.add(code!);
    }
  }
  // What an operator reads in the log, not a client.
  for (const code of ['PORT_IN_USE']) found.delete(code);
  const documented = new ProtocolDocument().table('Errors').map(([code]) => code);
  assert.deepEqual(documented.toSorted(), [...found].sort());
});

/** The examples that read the bus, in TypeScript and in Python: they print the same, and what BUS.md asks of a reader. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { XPublisher } from 'zeromq';
import { FLAG, MODE } from '../../src/codec/tick.ts';
import { WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { type CurvePair, makeCurvePair } from '../../src/main/config/curve-pair.ts';
import { encodeEvent, type StatusEvent } from '../../src/workers/bus/bus-event.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { BusExample, cannotRun, EXAMPLE_LANGUAGES, exampleCommand } from '../support/bus-example.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { RELIANCE, sampleTick, setInt64 } from '../support/sample-tick.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const TOPIC = formatTopic(RELIANCE, MODE.QUOTE);

/** A feed host that says what the test wants. */
class ScriptedBus {
  readonly endpoint: string;
  readonly #socket = new XPublisher({ linger: 0 });
  readonly #topics = new Set<string>();

  constructor(t: TestContext) {
    this.endpoint = `ipc://${temporaryDirectory(t)}/bus`;
    t.after(() => this.#socket.close());
  }

  /** Waits until somebody has subscribed to all of these. */
  async open(...topics: readonly string[]): Promise<void> {
    await this.#socket.bind(this.endpoint);
    void this.#receive();
    await until('the subscriptions', () => topics.every((topic) => this.#topics.has(topic)));
  }

  async send(...messages: readonly (readonly (string | Uint8Array)[])[]): Promise<void> {
    for (const message of messages) await this.#socket.send([...message]);
  }

  async #receive(): Promise<void> {
    for await (const [report] of this.#socket) this.#topics.add(report!.subarray(1).toString());
  }
}

function tick(epoch: number, seq: number, flags = 0): Uint8Array {
  const { words, bytes } = sampleTick(MODE.QUOTE);
  writeInt64(words, WORD.EPOCH, epoch);
  writeInt64(words, WORD.SEQ, seq);
  words[WORD.FLAGS] = flags;
  return bytes;
}

/** A tick whose price no double holds. */
function preciseTick(epoch: number, seq: number): Uint8Array {
  const { words, bytes } = sampleTick(MODE.QUOTE);
  writeInt64(words, WORD.EPOCH, epoch);
  writeInt64(words, WORD.SEQ, seq);
  setInt64(words, WORD.LTP, -9007199254740993_07n);
  words[WORD.FLAGS] = FLAG.ABSENT_EXCHANGE_TIME | FLAG.ABSENT_TRADES;
  return bytes;
}

const heartbeat = (host: string) => encodeEvent({ type: 'heartbeat', host, at: 1787371200000 });

function status(revision: number, name: StatusEvent['status'], ...symbols: readonly string[]) {
  const instruments = symbols.map((symbol) => ({ exchange: 'NSE', symbol }));
  const told = { revision, status: name, since: 1787371200000, reason: `said ${revision}` };
  return encodeEvent({ type: 'status', broker: 'angel', instruments, ...told });
}

const LINE = '2026-08-22T04:00:00.000Z NSE:RELIANCE 2500.5 volume 1000000 seq';

for (const language of EXAMPLE_LANGUAGES) {
  test(`the example in ${language} takes each tick once, in order, and tells losses, staleness, and what happens to the feed host`, {
    skip: cannotRun(language),
  }, async (t) => {
    const bus = new ScriptedBus(t);
    const flags = [`--endpoint=${bus.endpoint}`, '--count=9', '--heartbeat=0.2'];
    const reader = new BusExample(t, exampleCommand(language, 0, {}), ...flags);
    await bus.open(TOPIC, '@status/angel/', '@heartbeat/');
    await bus.send(
      heartbeat('first'),
      status(7, 'live', 'INFY', 'RELIANCE'),
      [TOPIC, tick(1, 5, FLAG.SNAPSHOT)],
      // The answer to somebody else's subscription, and two ticks in one message.
      [TOPIC, tick(1, 5, FLAG.SNAPSHOT)],
      [TOPIC, tick(1, 6), tick(1, 7)],
      [TOPIC, tick(1, 6)],
      [TOPIC, tick(1, 10)],
      [TOPIC, tick(1, 11, FLAG.GAP_BEFORE)],
      [TOPIC, tick(1, 11, FLAG.SNAPSHOT | FLAG.STALE)],
      [TOPIC, tick(1, 11, FLAG.SNAPSHOT | FLAG.STALE)],
      status(9, 'stale', 'RELIANCE'),
      status(8, 'mute', 'RELIANCE'),
      status(10, 'live', 'INFY'),
      [TOPIC, tick(3, 1)],
      [TOPIC, tick(2, 900)],
      [TOPIC, new TextEncoder().encode('no tick at all, but long enough to look like one')],
      ['@something/new/', '{}'],
    );
    await reader.untilPrinted('no heartbeat: the feed host is away');
    await bus.send(
      heartbeat('first'),
      [TOPIC, preciseTick(3, 2)],
      heartbeat('second'),
      // Its clock is behind that of the first.
      [TOPIC, tick(2, 4, FLAG.SNAPSHOT)],
      [TOPIC, tick(1, 900)],
      [TOPIC, tick(2, 5)],
    );
    assert.equal(await reader.ended(), 0, reader.errors);
    assert.deepEqual(reader.lines, [
      'feed host first',
      'live (said 7): NSE:RELIANCE',
      `${LINE} 5 last value`,
      `${LINE} 6`,
      `${LINE} 7`,
      'NSE:RELIANCE: 2 ticks lost',
      `${LINE} 10`,
      'NSE:RELIANCE: the broker was away, ticks may be missing',
      `${LINE} 11`,
      'NSE:RELIANCE: silent, its last value is stale',
      'stale (said 9): NSE:RELIANCE',
      'NSE:RELIANCE: numbers begin anew, ticks may be missing',
      `${LINE} 1`,
      'no heartbeat: the feed host is away',
      'the feed host is back',
      '2026-08-22T04:00:00.412Z NSE:RELIANCE -9007199254740993.07 volume - seq 2',
      'another feed host: second',
      'NSE:RELIANCE: numbers begin anew, ticks may be missing',
      `${LINE} 4 last value`,
      `${LINE} 5`,
    ]);
  });
}

/** Lines of ticks, which end with their number. */
function ticksOf(reader: BusExample): string[] {
  return reader.lines.filter((line) => / seq \d+( last value)?$/.test(line));
}

test('the commands of BUS.md print the same ticks of an engine in every language, with exact prices, and what the engine says of itself', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  const languages = EXAMPLE_LANGUAGES.filter((language) => cannotRun(language) === false);
  const flags = [`--endpoint=${fixture.busEndpoint}`, '--count=30'];
  const readers = languages.map((language) => new BusExample(t, exampleCommand(language, 0, {}), ...flags));
  await Promise.all(readers.map((reader) => reader.untilPrinted(/ seq \d+/)));
  fixture.exchange.step(60);
  for (const reader of readers) {
    assert.equal(await reader.ended(), 0, reader.errors);
    const lines = ticksOf(reader);
    assert.equal(lines.length, 30, reader.output);
    for (const line of lines) {
      assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z NSE:RELIANCE \d+\.\d{1,2} volume \d+ seq \d+/);
    }
    const known = new Set(ticksOf(readers[0]!));
    assert.ok(lines.filter((line) => known.has(line)).length >= 25, reader.output);
    assert.match(reader.output, /^feed host [\w-]+$/m);
    assert.match(reader.output, /^live \(.*\): NSE:RELIANCE$/m);
    assert.doesNotMatch(reader.output, /lost|missing/);
  }
});

test('readers of a feed host that is started anew go on by themselves, and tell that its numbers begin anew', async (t) => {
  const fixture = await startEngineFixture(t);
  const languages = EXAMPLE_LANGUAGES.filter((language) => cannotRun(language) === false);
  const readers = languages.map(
    (language) =>
      new BusExample(
        t,
        exampleCommand(language, 0, {}),
        `--endpoint=${fixture.busEndpoint}`,
        '--heartbeat=0.5',
      ),
  );
  await Promise.all(readers.map((reader) => reader.untilPrinted(/ seq \d+/)));
  await fixture.restart();
  for (const reader of readers) {
    await reader.untilPrinted(/^another feed host: /);
    const before = ticksOf(reader).length;
    await until('ticks', () => fixture.exchange.step() ?? ticksOf(reader).length > before + 5);
    assert.ok(reader.lines.includes('NSE:RELIANCE: numbers begin anew, ticks may be missing'), reader.output);
  }
});

for (const language of EXAMPLE_LANGUAGES) {
  test(`the example in ${language} reads an encrypted bus with an allowed key, as BUS.md says, and nothing with another one`, {
    skip: cannotRun(language),
  }, async (t) => {
    const [server, allowed, stranger] = [makeCurvePair(), makeCurvePair(), makeCurvePair()];
    const path = join(temporaryDirectory(t), 'readers.keys');
    writeFileSync(path, `${allowed.publicKey}  # the example\n`);
    const fixture = await startEngineFixture(t, {
      flags: [
        `--bus-endpoint=tcp://127.0.0.1:${await adjacentPorts()}`,
        `--curve-secret-key=${server.secretKey}`,
        `--curve-public-key=${server.publicKey}`,
        `--curve-allowed=${path}`,
      ],
    });
    const start = ({ publicKey, secretKey }: CurvePair) =>
      new BusExample(
        t,
        exampleCommand(language, 1, {
          TICKWIRE_CURVE_PUBLIC_KEY: publicKey,
          TICKWIRE_CURVE_SECRET_KEY: secretKey,
          '--endpoint': fixture.busEndpoint,
          '--server-key': server.publicKey,
        }),
        '--count=3',
        '--heartbeat=0.3',
      );
    const [reader, other] = [start(allowed), start(stranger)];
    await until('its ticks', () => fixture.exchange.step() ?? ticksOf(reader).length === 3);
    assert.equal(await reader.ended(), 0, reader.errors);
    await other.untilPrinted('no heartbeat: the feed host is away');
    assert.deepEqual(other.lines, ['no heartbeat: the feed host is away']);
  });
}

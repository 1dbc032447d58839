/** BUS.md says what the bus is: its tables are compared with the sources, its examples with what the engine sends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Flag } from '../../src/codec/generated/tickwire/flag.ts';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic, parseTopic } from '../../src/codec/topic.ts';
import { BUS_OPTIONS } from '../../src/main/config/bus-options.ts';
import { controlEndpointOf } from '../../src/workers/bus/bus-address.ts';
import { encodeEvent, parseEvent } from '../../src/workers/bus/bus-event.ts';
import { BusDocument } from '../support/bus-document.ts';

const document = new BusDocument();
const schema = readFileSync(new URL('../../src/codec/tick.fbs', import.meta.url), 'utf8');

test('the addresses and topics of BUS.md are those that the engine uses', () => {
  for (const [bus, control] of document.table('Endpoints')) assert.equal(controlEndpointOf(bus!), control);
  const topics = document.table('Topics');
  assert.ok(topics.length >= 4);
  for (const [topic, broker, exchange, symbol, name] of topics) {
    const mode = MODE[name as keyof typeof MODE];
    const parts = { broker: broker!, exchange: exchange!, symbol: symbol! };
    assert.equal(formatTopic(parts, mode), topic);
    assert.deepEqual(parseTopic(topic!), { ...parts, mode });
  }
  assert.deepEqual(
    document.table('Topics', 1).map(([name]) => name),
    Object.keys(MODE),
  );
});

test('BUS.md lists every field of a tick, in the order of the schema, and every flag', () => {
  const fields = [...schema.matchAll(/^struct (\w+) \{\n([^}]*)\}/gm)].flatMap(([, struct, body]) =>
    [...body!.matchAll(/^ {2}(\w+):/gm)].map(([, field]) => [struct, field]),
  );
  const rows = document.table('The tick');
  assert.deepEqual(
    rows.map(([struct, field]) => [struct, field]),
    fields,
  );
  const absent = new Set(rows.map(([, , , flag]) => flag).filter((flag) => flag?.startsWith('Absent')));
  const kinds = document.table('The tick', 1).map(([name, bit]) => [name, Number(bit)] as const);
  const documented = [...kinds, ...[...absent].map((name) => [name, Flag[name as keyof typeof Flag]])];
  assert.deepEqual(new Map(documented as [string, number][]), new Map(Object.entries(Flag)));
});

test('the settings of BUS.md have the defaults that it says', () => {
  const options = Object.values(BUS_OPTIONS);
  for (const [name, value] of document.table('Settings of the feed host')) {
    const found = options.find(({ env }) => env === name);
    assert.ok(found !== undefined, name);
    const seconds = /^([\d.]+) s$/.exec(value!);
    assert.equal(String(found.default), seconds === null ? value : String(Number(seconds[1]) * 1000), name);
  }
});

test('every event of BUS.md is read, and written, as it stands there', () => {
  const events = document.blocks.filter(({ kind }) => kind === 'event');
  assert.equal(events.length, document.table('Events').length);
  for (const { argument, messages, line } of events) {
    const event = parseEvent(argument, Buffer.from(messages[0]!));
    assert.ok(event !== null, `BUS.md:${line}`);
    const [topic, payload] = encodeEvent(event);
    assert.deepEqual([topic, JSON.parse(payload)], [argument, JSON.parse(messages[0]!)], `BUS.md:${line}`);
  }
});

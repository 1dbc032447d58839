/** Every broker's row keeps what the engine expects of one, and ADD_A_BROKER.md names what there is. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createFrameTarget } from '../../src/codec/frame-target.ts';
import { MODE } from '../../src/codec/tick.ts';
import { BROKER_ROWS } from '../../src/main/brokers/broker-registry.ts';
import { DEMO_INSTRUMENTS } from '../../src/main/instruments/demo-instruments.ts';
import { knownDemoInstruments } from '../../src/main/simulator/demo-simulation.ts';
import { SimulatedMarket } from '../../src/main/simulator/simulated-market.ts';

const ROOT = join(import.meta.dirname, '../..');
const NOON = Date.UTC(2025, 4, 2, 6, 30);
const SESSION = { status: 'ok', authToken: 'a:b', feedToken: null, clientCode: null } as const;

for (const row of BROKER_ROWS) {
  describe(`the row of ${row.name}`, () => {
    test('has a codec, and a feed file that makes a feed handler', async () => {
      assert.ok(existsSync(join(ROOT, 'src/codec', row.name)));
      const module: unknown = await import(join(ROOT, 'src/workers', `${row.feedModule}.ts`));
      assert.ok(typeof module === 'object' && module !== null && 'createFeedHandler' in module);
    });

    test('has limits, an address that is encrypted, and depth levels for every exchange', () => {
      const { quota, stream, heartbeat, depthRows } = row;
      assert.match(stream.url, /^wss:\/\//);
      assert.ok(quota.maxConnections > 0 && quota.maxPairs > 0 && quota.maxDeepPairs >= 0);
      assert.ok(heartbeat.deadAfterMs > (heartbeat.intervalMs ?? 0));
      assert.ok(depthRows.some(({ exchange }) => exchange === '*'));
    });

    test('makes whole credentials of a session that lacks all that it may lack', () => {
      const credentials = row.credentials({ ...SESSION, broker: row.name }, 'key', 'user');
      assert.deepEqual(Object.keys(credentials).sort(), ['apiKey', 'authToken', 'clientCode', 'feedToken']);
      assert.ok(Object.values(credentials).every((value) => typeof value === 'string'));
    });

    test('finds an instrument of its table on the wire, and none for a token that cannot be', () => {
      const { simulated, resolve } = row;
      const addresses = DEMO_INSTRUMENTS.map((instrument) => {
        const address = resolve({ ...instrument, token: simulated.tableToken(instrument) });
        assert.ok(address, instrument.symbol);
        simulated.encodeToken(address.segment, address.token);
        return `${address.segment}/${address.token}`;
      });
      assert.equal(new Set(addresses).size, DEMO_INSTRUMENTS.length);
      assert.equal(resolve({ brexchange: 'NOWHERE', token: 'no token' }), null);
    });

    test('has a simulated exchange whose packets have the length that they are said to have', () => {
      const wire = row.simulated;
      const known = knownDemoInstruments(row.name);
      assert.equal(known.length, DEMO_INSTRUMENTS.length);
      const market = new SimulatedMarket(wire, 1, known);
      const target = createFrameTarget(wire.longestPacket);
      for (const { exchangeType, token, kind, referencePrice } of known) {
        const instrument = market.instrument(exchangeType, token, NOON);
        market.step(instrument, NOON);
        assert.equal(wire.guessKind(exchangeType, token), kind);
        assert.ok(Math.abs(instrument.close - referencePrice) <= instrument.tickSize, token);
        for (const mode of [MODE.LTP, MODE.QUOTE, MODE.DEPTH]) {
          const length = wire.packetBytes(mode, instrument);
          assert.ok(length > 0 && length <= wire.longestPacket);
          assert.equal(wire.encodePacket(mode, instrument, target, 0), length);
          assert.ok(wire.encodeUnknownPacket(mode, instrument, target, 0) <= wire.longestPacket);
        }
      }
    });
  });
}

test('names and options of brokers are their own', () => {
  const names = BROKER_ROWS.flatMap(({ name, feedModule, stream }) => [name, feedModule, stream.env]);
  assert.equal(new Set(names).size, names.length);
});

describe('ADD_A_BROKER.md', () => {
  const text = readFileSync(join(ROOT, 'ADD_A_BROKER.md'), 'utf8');
  const names = [...new Set([...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!))];

  test('names files that exist, for every broker where it says <broker>', () => {
    const paths = names.filter((name) => /^(?:src|test)\//.test(name) || name.endsWith('.md'));
    assert.ok(paths.length > 30, `${paths.length} paths`);
    for (const path of paths) {
      // The vectors of Zerodha are called after its interface.
      if (path === 'test/vectors/<broker>-frames.json') continue;
      const brokers = path.includes('<broker>') ? BROKER_ROWS.map(({ name }) => name) : [''];
      for (const broker of brokers) {
        assert.ok(existsSync(join(ROOT, path.replaceAll('<broker>', broker))), `${path} of ${broker}`);
      }
    }
  });

  test('names members, types and functions that exist', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    const source = files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'))
      .join('\n');
    const identifiers = names.filter((name) => /^[A-Za-z_]\w+s?$/.test(name));
    assert.ok(identifiers.length > 30, `${identifiers.length} identifiers`);
    for (const identifier of identifiers) assert.match(source, new RegExp(`\\b${identifier}\\b`), identifier);
  });

  test('names every member that a row has, and every one that a feed file must add', () => {
    const members = Object.keys(BROKER_ROWS[0]!);
    const handler = readFileSync(join(ROOT, 'src/workers/feed/feed-handler.ts'), 'utf8');
    const abstract = [...handler.matchAll(/protected abstract (?:readonly )?(\w+)/g)].map(
      (match) => match[1]!,
    );
    assert.ok(abstract.length > 5);
    for (const member of [...members, ...abstract]) assert.ok(names.includes(member), member);
  });

  test('names commands that exist', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    for (const [, script] of text.matchAll(/`npm (?:run )?(\w+)`/g)) assert.ok(scripts[script!], script);
  });
});

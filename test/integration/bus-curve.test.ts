import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { type CurvePair, makeCurvePair } from '../../src/main/config/curve-pair.ts';
import type { CurvePeer as CurveKeys } from '../../src/workers/bus/bus-sockets.ts';
import { parseCurveKey } from '../../src/workers/bus/curve-key.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { CliProcess } from '../support/cli-process.ts';
import { CurvePeer } from '../support/curve-peer.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const TOPIC = 'angel/NSE/SBIN/QUOTE/';
const HELLO = { protocol: 1, id: 1, type: 'hello' };

function z85(hex: string): string {
  return parseCurveKey(hex) ?? '';
}

function keysOf(own: CurvePair, serverKey: string): CurveKeys {
  return {
    publicKey: z85(own.publicKey),
    secretKey: z85(own.secretKey),
    serverKey: z85(serverKey),
  };
}

/** An engine whose bus lets in the keys of a list, and what it logs. */
async function startEncrypted(t: TestContext, flags: readonly string[], ...allowed: readonly CurvePair[]) {
  const server = makeCurvePair();
  const path = join(temporaryDirectory(t), 'proxies.keys');
  const allow = (...pairs: readonly CurvePair[]) => {
    const lines = ['# who may read', ...pairs.map(({ publicKey }, i) => `${publicKey}  # proxy ${i}`)];
    writeFileSync(`${path}.new`, `${lines.join('\n')}\n`);
    renameSync(`${path}.new`, path);
  };
  allow(...allowed);
  const lines: string[] = [];
  const fixture = await startEngineFixture(t, {
    flags: [
      `--bus-endpoint=tcp://127.0.0.1:${await adjacentPorts()}`,
      `--curve-secret-key=${server.secretKey}`,
      `--curve-public-key=${server.publicKey}`,
      `--curve-allowed=${path}`,
      ...flags,
    ],
    log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
  });
  const peer = (keys: CurveKeys | null) => new CurvePeer(t, fixture.busEndpoint, keys, TOPIC, '@heartbeat/');
  const refusals = () => lines.filter((line) => line.includes('turned somebody away'));
  return { ...fixture, server, allow, lines, peer, refusals };
}

test('only who has the right keys reads the bus or asks it, and each of the others is told of once', async (t) => {
  const [proxy, stranger, confused] = [makeCurvePair(), makeCurvePair(), makeCurvePair()];
  const host = await startEncrypted(t, [], proxy, confused);
  const right = host.peer(keysOf(proxy, host.server.publicKey));
  const wrong = [
    host.peer(null),
    host.peer(keysOf(stranger, host.server.publicKey)),
    host.peer(keysOf(confused, stranger.publicKey)),
  ];
  await until(
    'ticks',
    () => host.exchange.step() ?? right.topics.filter((topic) => topic === TOPIC).length > 5,
  );
  assert.ok(await right.request(HELLO));
  await until('the answer', () => right.answers.length > 0);
  const bus = host.engine.readers[0]!;
  const told = () => host.refusals().map((line) => JSON.parse(line) as Record<string, unknown>);
  const of = (pattern: RegExp) => told().filter(({ reason }) => pattern.test(String(reason)));
  // A peer without CURVE and the bus both notice it, and the first one closes.
  const reasons = [/^key not in TICKWIRE_CURVE_ALLOWED/, /^wrong server key/, /^no CURVE|not finished/];
  await until('word of all others', () => reasons.every((reason) => of(reason).length > 0));
  await until('more attempts of theirs', () => Number(bus.counters.refusedPeers) > 10);
  for (const peer of wrong) {
    assert.equal(await peer.request(HELLO), false);
    assert.deepEqual([peer.topics, peer.answers], [[], []]);
  }
  assert.deepEqual(
    of(reasons[0]!).map(({ key, address }) => [key, address]),
    [[stranger.publicKey, '127.0.0.1']],
  );
  assert.equal(of(reasons[1]!).length, 1);
  const log = host.lines.join('\n');
  for (const { secretKey } of [host.server, proxy, stranger]) {
    assert.ok(!log.includes(secretKey) && !log.includes(z85(secretKey)));
  }
});

test('a proxy whose key is taken off the list is cut within seconds, the others go on, and it comes back with its key', async (t) => {
  const [kept, withdrawn] = [makeCurvePair(), makeCurvePair()];
  const host = await startEncrypted(t, [], kept, withdrawn);
  const first = host.peer(keysOf(kept, host.server.publicKey));
  const second = host.peer(keysOf(withdrawn, host.server.publicKey));
  const bus = host.engine.readers[0]!;
  const ticks = ({ topics }: CurvePeer) => topics.filter((topic) => topic === TOPIC).length;
  await until('ticks for both', () => host.exchange.step() ?? (ticks(first) > 5 && ticks(second) > 5));

  host.allow(kept);
  await until('another bus', () => bus.restarts === 1);
  const before = ticks(first);
  const atCut = second.topics.length;
  await until('ticks for the one', () => host.exchange.step() ?? ticks(first) > before + 20);
  await until('the other is turned away', () =>
    host.refusals().some((line) => line.includes(withdrawn.publicKey)),
  );
  // What was under way when it was cut may still be read.
  assert.ok(second.topics.length < atCut + 10, `${second.topics.length - atCut} messages after the cut`);
  assert.equal(await second.request(HELLO), false);

  host.allow(kept, withdrawn);
  const atReturn = ticks(second);
  await until('ticks for both again', () => host.exchange.step() ?? ticks(second) > atReturn + 5, 20_000);
  assert.equal(bus.restarts, 1, 'a key that is added cuts nobody');
});

test('feed host and proxy on different hosts serve clients over CURVE, and a proxy that is not on the list says where to look', async (t) => {
  const [server, known, unknown] = [makeCurvePair(), makeCurvePair(), makeCurvePair()];
  const endpoint = `tcp://127.0.0.1:${await adjacentPorts()}`;
  const cwd = temporaryDirectory(t);
  writeFileSync(join(cwd, 'proxies.keys'), `${known.publicKey}\n`);
  const quick = ['--bus-heartbeat=0.2', '--control-timeout=1'];
  const feedFlags = [
    `--bus-endpoint=${endpoint}`,
    `--curve-secret-key=${server.secretKey}`,
    '--curve-allowed=proxies.keys',
    ...quick,
  ];
  const feed = await CliProcess.spawn(t, feedFlags, undefined, cwd, ['feed']);
  const proxyOf = (pair: CurvePair) => {
    const keys = [`--curve-secret-key=${pair.secretKey}`, `--curve-server-keys=${server.publicKey}`];
    const flags = [`--feeds=${endpoint}`, ...keys, ...quick];
    return CliProcess.spawn(t, flags, undefined, temporaryDirectory(t), ['proxy']);
  };
  const [proxy, stranger] = await Promise.all([proxyOf(known), proxyOf(unknown)]);
  const key = await until('the demo key', () => /^Demo key: (\S+)$/m.exec(feed.output)?.[1], 20_000);
  await until('a proxy that serves', () => proxy.output.includes('Tickwire serves clients'), 20_000);
  const client = await proxy.client(key);
  await until('a confirmation', async () => (await client.subscribe('NSE', 'RELIANCE')).status === 'success');
  await until('ticks', () => client.ticks().length > 3);
  await until('the word of the stranger', () => stranger.output.includes("see the feed host's log"), 20_000);
  await until('the word of the feed host', () => feed.output.includes(unknown.publicKey), 20_000);
  const output = feed.output + proxy.output + stranger.output;
  for (const { secretKey } of [server, known, unknown]) {
    assert.ok(!output.includes(secretKey) && !output.includes(z85(secretKey)), 'a secret key was printed');
  }
});

test("an engine whose own clients come over its encrypted bus needs nobody's key on the list for them", async (t) => {
  const host = await startEncrypted(t, ['--source=bus'], makeCurvePair());
  const client = await host.client();
  await client.subscribe('NSE', 'RELIANCE');
  await until('ticks', () => host.exchange.step() ?? client.ticks().length > 3);
});

/** What an operator reads of a running engine: metrics, health, readiness with reasons. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/main/config.ts';
import { DEMO_USER } from '../../src/main/database/demo-seed.ts';
import type { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { createRegistry } from '../../src/main/metrics/metric-registry.ts';
import { ProxyHost } from '../../src/main/proxy-host.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { hiddenCounters, type MetricsText, readMetrics, type Sample } from '../support/metrics-page.ts';
import {
  assertLabels,
  declaredLabels,
  OF_PROMETHEUS,
  type ShownExpression,
} from '../support/prometheus-labels.ts';
import { readAlertRules, selectorsOf } from '../support/prometheus-names.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const DEPLOY = new URL('../../deploy/', import.meta.url);
const readDeployed = (path: string) => readFileSync(new URL(path, DEPLOY), 'utf8');
const SEEN_LATER =
  /^tickwire_(request_errors_total|feed_link_reconnects_total|clock_offset_(uncertainty_)?seconds|exchange_status)$/;

/** All charts' expressions, wherever they stand. */
function expressionsOf(json: unknown): ShownExpression[] {
  if (typeof json !== 'object' || json === null) return [];
  if (!('expr' in json)) return Object.values(json).flatMap(expressionsOf);
  return [{ expr: String(json.expr), text: 'legendFormat' in json ? String(json.legendFormat) : '' }];
}

function assertLabel(
  samples: readonly Sample[],
  label: string,
  values: readonly string[],
  where: string,
): void {
  if (OF_PROMETHEUS.includes(label)) return;
  const known = new Set(samples.map(({ labels }) => labels[label]));
  assert.ok(!known.has(undefined) || known.size > 1, `no label ${label} in: ${where}`);
  for (const value of values) assert.ok(known.has(value), `no ${label} "${value}" in: ${where}`);
}

test('an operator finds every tick of the way counted, timed, and delivered to each client', async (t) => {
  const { engine, exchange, client } = await startEngineFixture(t, { exchange: { ticksPerSecond: 100 } });
  const { metrics } = engine;
  assert.deepEqual(metrics.ready(), { ok: true, reasons: [] });
  for (let i = 0; i < 3; i++) await (await client()).subscribe('NSE', 'RELIANCE', 2);
  // What was published before the last of them came went to fewer; each later one goes to three.
  const everyTickToAll = (now: MetricsText) =>
    now.value('tickwire_deliveries_total', { way: 'every' })! > 2 * now.value('tickwire_published_total')!;
  const hops = ['exchange_to_receive', 'receive_to_publish', 'publish_to_send', 'receive_to_send'];
  const page = await until('all hops', async () => {
    const now = await readMetrics(metrics);
    const isThere = (hop: string) => (now.value('tickwire_hop_seconds_count', { hop }) ?? 0) > 0;
    const isCollected = (now.value('tickwire_gc_pause_seconds_count') ?? 0) > 0;
    return hops.every(isThere) && isCollected && everyTickToAll(now) ? now : null;
  });
  const late = { hop: 'exchange_to_receive', broker: 'angel', thread: 'feed 0', exchange: 'NSE' };
  assert.ok(page.value('tickwire_hop_seconds_count', late)! > 0);
  // Of one machine's clock, which the answer to the handshake bounds to a second and some.
  const clock = metrics.clockOffset()!;
  assert.equal(clock.ms, 0);
  assert.ok(clock.uncertaintyMs !== null && clock.uncertaintyMs > 0, JSON.stringify(clock));
  const published = page.value('tickwire_published_total')!;
  const deliveries = page.value('tickwire_deliveries_total', { way: 'every' })!;
  assert.ok(
    deliveries <= 3 * published,
    `${deliveries} deliveries of ${published} messages to three clients`,
  );
  assert.equal(page.value('tickwire_ready'), 1);
  assert.equal(page.value('tickwire_clients'), 3);
  assert.equal(page.value('tickwire_upstream_state', { state: 'live', broker: 'angel' }), 1);
  assert.deepEqual(
    page.samples.filter(({ name, value }) => name === 'tickwire_lost_total' && value !== 0),
    [],
  );
  for (const [name, type] of page.types) {
    assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
    assert.doesNotMatch(name, /_ms|_us|_ns|millis|_kb/, 'base units');
  }
  for (const { name, labels } of page.samples) {
    assert.match(name, /^(tickwire|process)_/);
    assert.ok(
      Object.values(labels).every((value) => !value.includes(DEMO_USER)),
      'no names of people',
    );
  }
  await t.test('every counter of every thread is in a metric', () => {
    assert.deepEqual(hiddenCounters(metrics), []);
  });
  await t.test('every alert and every chart asks for something that this engine really tells', () => {
    const rules = readAlertRules(readDeployed('prometheus/alerts.yml'));
    const charts = expressionsOf(JSON.parse(readDeployed('grafana/tickwire.json')));
    assert.ok(rules.length > 20 && charts.length > 30, `${rules.length} rules, ${charts.length} charts`);
    const labelsOf = declaredLabels(createRegistry(metrics));
    for (const shown of [...rules.map(({ expr, summary }) => ({ expr, text: summary })), ...charts]) {
      const { expr: expression } = shown;
      const selectors = selectorsOf(expression);
      assert.ok(selectors.length > 0, `nothing is asked for in: ${expression}`);
      for (const { metric, labels } of selectors) {
        if (metric === 'up') continue;
        const family = page.types.has(metric) ? metric : metric.replace(/_(bucket|sum|count)$/, '');
        assert.ok(page.types.has(family), `${metric} in: ${expression}`);
        const samples = page.samples.filter(({ name }) => name === metric);
        // Series that appear with the first error, or on another role of host.
        if (samples.length === 0) assert.match(metric, SEEN_LATER);
        else for (const [label, values] of labels) assertLabel(samples, label, values, expression);
        for (const label of labels.keys()) assert.ok(labelsOf(metric).includes(label), expression);
      }
      assertLabels(shown, labelsOf);
    }
  });
  await t.test('an engine whose broker is away says that it is not ready, and why', async () => {
    await exchange.close();
    const away = await until('the outage', () => (metrics.ready().ok ? null : metrics.ready()));
    assert.match(away.reasons[0]!, /^UPSTREAM_DOWN: connection 0 to angel is reconnecting: /);
    const { status, body } = await metrics.page('/readyz');
    assert.equal(status, 503);
    const told: unknown = JSON.parse(body).reasons;
    assert.ok(Array.isArray(told) && String(told[0]).startsWith('UPSTREAM_DOWN: '), body);
    const now = await readMetrics(metrics);
    assert.equal(now.value('tickwire_ready'), 0);
    assert.equal(now.value('tickwire_not_ready', { code: 'UPSTREAM_DOWN' }), 1);
    assert.equal((await metrics.page('/healthz')).status, 200, 'a restart would not help');
  });
});

test('an operator sees that nobody has a broker session while clients with good keys are turned away, until one logs in', async (t) => {
  const prepare = (db: DatabaseSync) => db.exec('UPDATE auth SET is_revoked = 1');
  const flags = ['--database-poll=0.05'];
  const { engine, client, key, writeDatabase } = await startEngineFixture(t, { flags, prepare });
  const { metrics } = engine;
  assert.deepEqual(metrics.ready(), { ok: true, reasons: [] }, 'nobody has come yet');
  const trader = await client({ authenticate: false });
  trader.send({ action: 'authenticate', api_key: key });
  await trader.next('a refusal', ({ message }) => message.code === 'BROKER_ERROR');
  const { ok, reasons } = metrics.ready();
  assert.equal(ok, false);
  assert.match(reasons.join(), /^BROKER_SESSION_EXPIRED: a user with a good key has no broker session/);
  assert.doesNotMatch(reasons.join(), new RegExp(`\\b${DEMO_USER}\\b`), 'anybody may read it');
  assert.equal((await metrics.page('/readyz')).status, 503);
  const page = await readMetrics(metrics);
  assert.equal(page.value('tickwire_ready'), 0);
  assert.equal(page.value('tickwire_not_ready', { code: 'BROKER_SESSION_EXPIRED' }), 1);
  writeDatabase((db) => db.exec('UPDATE auth SET is_revoked = 0'));
  await until('a host that is ready', () => metrics.ready().ok);
});

test('a proxy on a host of its own says whether it reaches a feed host, and how long ticks take from there', async (t) => {
  const port = await adjacentPorts();
  const busEndpoint = `tcp://127.0.0.1:${port}`;
  const { engine, key } = await startEngineFixture(t, {
    exchange: { ticksPerSecond: 100 },
    flags: [`--bus-endpoint=${busEndpoint}`, '--bus-heartbeat=0.2'],
  });
  const cwd = temporaryDirectory(t);
  const argv = [`--feeds=${busEndpoint}`, '--websocket-port=0', '--bus-heartbeat=0.2', '--control-timeout=1'];
  const { config } = loadConfig({ argv, env: {}, cwd });
  const host = new ProxyHost({
    config,
    cwd,
    log: pino({ level: 'silent' }),
    onFatal: (code, message) => assert.fail(`${code}: ${message}`),
  });
  t.after(() => host.stop());
  const { url } = await host.start();
  await until('the link', () => host.metrics.ready().ok);
  const client = await TestClient.connect(url.replace(/^http/, 'ws'), key);
  t.after(() => client.terminate());
  await client.subscribe('NSE', 'RELIANCE', 2);
  const hop = { hop: 'receive_to_send' };
  const page = await until('ticks over the bus', async () => {
    const [there, here] = [await readMetrics(engine.metrics), await readMetrics(host.metrics)];
    const sent = there.value('tickwire_hop_seconds_count', { ...hop, to: 'bus' }) ?? 0;
    const got = here.value('tickwire_hop_seconds_count', { ...hop, to: 'clients' }) ?? 0;
    const isLinked = here.value('tickwire_feed_links_up') === here.value('tickwire_feed_links');
    const isFresh = (host.metrics.hops().receive_to_send?.p50 ?? 0) > 0;
    return sent > 0 && got > 0 && host.metrics.rates().deliveriesPerSecond > 0 && isLinked && isFresh && here;
  });
  assert.equal(page.value('tickwire_build_info', { role: 'proxy' }), 1);
  assert.equal(page.value('tickwire_feed_link_reconnects_total', { feed_host: busEndpoint }), 0);
  assert.equal(host.metrics.hops().receive_to_publish, null, 'that happens at the feed host');
  assert.deepEqual(hiddenCounters(host.metrics), []);
  await engine.stop();
  const away = await until('the missing feed host', () =>
    host.metrics.ready().ok ? null : host.metrics.ready(),
  );
  assert.match(away.reasons[0]!, /^FEED_HOST_AWAY: /);
});

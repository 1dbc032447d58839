/** The client library in a real browser: the built files, as a page loads them that has no bundler. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Tick } from '../../src/client/index.ts';
import { launchBrowser, openPage } from '../support/browser.ts';
import { installBuiltClient } from '../support/built-client.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { NetworkGate } from '../support/network-gate.ts';
import { until } from '../support/until.ts';

/** What the page has told. */
interface Told {
  readonly ticks: readonly Tick[];
  readonly states: readonly string[];
  readonly error: string | null;
}

/** @param imports of the page's import map */
function pageOf(imports: Readonly<Record<string, string>>, url: string, key: string): string {
  const program = `
    import { connect } from 'tickwire/client';
    window.told = { json: { ticks: [], states: [], error: null }, msgpack: { ticks: [], states: [], error: null } };
    for (const framing of ['json', 'msgpack']) {
      const told = window.told[framing];
      const client = connect({ url: '${url}', key: '${key}', framing, reconnect: { initialMs: 20, maxMs: 200 } });
      client.on('state', ({ state }) => told.states.push(state));
      client.on('error', ({ code }) => { told.error = code; });
      client.subscribe('NSE:RELIANCE', 'depth').on('tick', (tick) => told.ticks.push(tick));
    }`;
  return `<!doctype html><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports })}</script><script type="module">${program}</script>`;
}

/** Serves pages, and what lies in a directory. @returns its address */
async function serve(t: TestContext, directory: string, pages: ReadonlyMap<string, string>): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const page = pages.get(url);
    response.setHeader('content-type', page === undefined ? 'text/javascript' : 'text/html');
    response.end(page ?? readFileSync(join(directory, 'node_modules', url)));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a page reads the same ticks in both framings, outlives a break of its network with its session, and needs msgpackr for msgpack alone', async (t) => {
  const fixture = await startEngineFixture(t, { flags: [alwaysOpen(t)] });
  const gate = await NetworkGate.listen(t);
  gate.target = Number(new URL(fixture.wsUrl).port);
  const url = `ws://127.0.0.1:${gate.port}/`;
  const own = { 'tickwire/client': '/tickwire/dist/client/index.js' };
  const pages = new Map([
    ['/', pageOf({ ...own, msgpackr: '/msgpackr/index.js' }, url, fixture.key)],
    ['/bare', pageOf(own, url, fixture.key)],
  ]);
  const address = await serve(t, installBuiltClient(t), pages);
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const { page, complaints } = await openPage(browser, `${address}/`);
  const told = (framing: string): Promise<Told> => page.evaluate(`window.told.${framing}`);
  const untilTicks = (what: string, seq: number) =>
    until(what, async () => {
      fixture.exchange.step();
      const [json, msgpack] = await Promise.all([told('json'), told('msgpack')]);
      return [json, msgpack].every(({ ticks }) => (ticks.at(-1)?.seq ?? 0) > seq) && { json, msgpack };
    });
  const first = await untilTicks('ticks', 5);
  const common = first.json.ticks.filter(({ seq }) => first.msgpack.ticks.some((tick) => tick.seq === seq));
  assert.ok(common.length > 0);
  for (const tick of common) {
    const same = first.msgpack.ticks.find(({ seq }) => seq === tick.seq)!;
    assert.deepEqual({ ...tick, isSnapshot: false }, { ...same, isSnapshot: false });
  }

  gate.refuses = true;
  gate.reset();
  await until('the loss', async () => (await told('json')).states.includes('waiting'));
  const last = (await told('json')).ticks.at(-1)!.seq!;
  fixture.exchange.step(20);
  gate.refuses = false;
  const { json } = await untilTicks('ticks again', last + 25);
  const back = json.ticks.findIndex(({ gap }) => gap !== null);
  assert.equal(json.ticks[back]!.gap?.missed, json.ticks[back]!.seq! - json.ticks[back - 1]!.seq! - 1);
  assert.equal(json.error, null);
  assert.deepEqual(complaints, []);

  const bare = await openPage(browser, `${address}/bare`);
  await until('its ticks', () =>
    bare.page.evaluate<boolean>(
      "window.told.json.ticks.length > 0 && window.told.msgpack.error === 'MSGPACKR_MISSING'",
    ),
  );
});

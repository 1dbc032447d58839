/** The page at the engine's own address, as a browser gets it, and what it promises whoever opens it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';

interface PageData {
  readonly watch: readonly { readonly exchange: string; readonly symbol: string }[];
  readonly demoKey: string | null;
  readonly simulated: boolean;
  readonly replayed: boolean;
}

async function readPageData(url: string): Promise<PageData> {
  const answer = await fetch(new URL('page.json', url));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  return (await answer.json()) as PageData;
}

test('whoever opens the printed address gets a page that needs nothing from elsewhere', async (t) => {
  const { started } = await startEngineFixture(t);
  const answer = await fetch(started.url!);
  const html = await answer.text();
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.match(html, /<title>Tickwire<\/title>/);
  assert.doesNotMatch(html, /(?:src|href)="(?!data:)/, 'no resource beside the page itself');
});

test('whoever asks for ten thousand pages in one go gets no more than fit into one write', async (t) => {
  const { wsUrl } = await startEngineFixture(t);
  const { host, hostname, port } = new URL(wsUrl);
  const ask = async (path: string) => {
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(10_000));
    let answer = '';
    socket.on('data', (bytes: Buffer) => {
      answer += bytes;
    });
    // What was sent behind the first request is not read any more: the connection may end with a reset.
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    return answer;
  };
  for (const path of ['/', '/page.json', '/nothing']) {
    // A reset takes away what has arrived and was not read by then.
    const answer = await until('an answer that was read in time', async () => (await ask(path)) || null);
    assert.match(answer, /^HTTP\/1\.1 /);
    assert.ok(answer.length < 50_000, `${path}: ${answer.length} bytes`);
  }
});

test("the page's own script and style may run, and no other", async (t) => {
  const { started } = await startEngineFixture(t);
  const answer = await fetch(started.url!);
  const html = await answer.text();
  const policy = new Map(
    (answer.headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources];
    }),
  );
  assert.deepEqual(policy.get('default-src'), ["'none'"]);
  assert.deepEqual(policy.get('connect-src'), ["'self'"]);
  assert.deepEqual(policy.get('frame-ancestors'), ["'none'"]);
  for (const element of ['script', 'style']) {
    const texts = html.split(new RegExp(`<${element}\\b[^>]*>|</${element}>`)).filter((_, i) => i % 2 === 1);
    assert.equal(texts.length, 1);
    const hash = createHash('sha256').update(texts[0]!).digest('base64');
    assert.deepEqual(policy.get(`${element}-src`), [`'sha256-${hash}'`]);
  }
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
});

test('every instrument of the page ticks for its demo key, without further ado', async (t) => {
  const { started, exchange, client, key } = await startEngineFixture(t);
  const { watch, demoKey } = await readPageData(started.url!);
  assert.equal(demoKey, key);
  assert.ok(watch.length > 1, 'there is something to watch');
  const page = await client({ key: demoKey, features: ['snapshot'] });
  const { message } = await page.ask({ action: 'subscribe', symbols: watch, mode: 2 });
  assert.equal(message.status, 'success', JSON.stringify(message));
  await until('the subscription of all upstream', () => {
    const subscribed = exchange.connections[0]?.subscriptions.length ?? 0;
    return subscribed >= watch.length;
  });
  const seen = await until('a tick of each', () => {
    exchange.step(10);
    const names = new Set(page.ticks().map((tick) => `${tick.exchange}:${tick.symbol}`));
    return names.size >= watch.length ? names : null;
  });
  assert.deepEqual([...seen].sort(), watch.map((name) => `${name.exchange}:${name.symbol}`).sort());
});

test('the book of a chosen instrument comes beside its quotes, and leaves with the choice of another', async (t) => {
  const { started, exchange, client } = await startEngineFixture(t);
  const { watch } = await readPageData(started.url!);
  const chosen = watch.find((name) => !name.exchange.endsWith('_INDEX'))!;
  const page = await client({ features: ['snapshot'] });
  await page.ask({ action: 'subscribe', symbols: [chosen], mode: 2 });
  await page.ask({ action: 'subscribe', ...chosen, mode: 3 });
  const modes = (from: number) =>
    new Set(
      page
        .ticks()
        .slice(from)
        .map(({ mode }) => mode),
    );
  await until('quotes and books', () => {
    exchange.step(1);
    return modes(0).size === 2;
  });
  const book = page.ticks().find(({ mode }) => mode === 3)?.data?.depth as Record<string, unknown[]>;
  assert.equal(book.buy?.length, 5);
  assert.equal(book.sell?.length, 5);

  await page.ask({ action: 'unsubscribe', ...chosen, mode: 3 });
  const from = page.ticks().length;
  await until('more quotes', () => {
    exchange.step(1);
    return page.ticks().length >= from + 5;
  });
  assert.deepEqual([...modes(from)], [2]);
});

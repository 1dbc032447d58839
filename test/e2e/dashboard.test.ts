/** The dashboard as a newcomer, a trader and an operator have it: the command, the printed link, a real browser. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { withEntitlements } from '../../src/main/entitlements/with-entitlements.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { launchBrowser, openPage, type WatchedPage } from '../support/browser.ts';
import {
  cellsNotShown,
  legendsOf,
  panelsCutOff,
  panelsOf,
  panelsOfView,
} from '../support/dashboard-panels.ts';
import {
  answerTo,
  firstAlarm,
  inkOf,
  priceOf,
  untilAnswered,
  untilTicksMove,
  watchAlarms,
} from '../support/dashboard-scene.ts';
import { HostProcess } from '../support/host-process.ts';
import { LiveDashboard } from '../support/live-dashboard.ts';
import { keepScreenshot } from '../support/screenshot.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** The answer has six times the bytes. */
const SIXFOLD = '\x7f'.repeat(4000);
const QUESTIONS = ['Is it alive?', 'Is it late?', 'Who is slow?', 'What was lost?'];

/** In the order of its making. */
const ends: (() => unknown)[] = [];
const scene = { after: (end: () => unknown) => void ends.push(end) };
const directory = temporaryDirectory(scene);
/** A second key of the user whose other one the page has. */
const robot = withEntitlements({ entitlements: CONFIG_OPTIONS.entitlements.default }, directory, (store) =>
  store.createKey({ user: 'demo', name: 'robot', role: null }),
);
let start: () => Promise<void>;
let host: HostProcess;
let browser: Browser;
let watched: WatchedPage;
let page: Page;

before(async () => {
  const [port, opsPort, bus] = [await adjacentPorts(), await adjacentPorts(), await adjacentPorts()];
  const flags = [
    `--websocket-port=${port}`,
    `--ops-port=${opsPort}`,
    `--bus-endpoint=tcp://127.0.0.1:${bus}`,
    '--bus-linger=0',
    // A client may ask much, read none of it, and stay.
    '--request-burst=100000',
    '--max-backpressure-bytes=268435456',
  ];
  start = async () => {
    host = await HostProcess.start(scene, ['start', ...flags], directory);
  };
  const launched = launchBrowser();
  ends.push(() => launched.then((each) => each.close()));
  [browser] = await Promise.all([launched, start()]);
  watched = await openPage(browser, printed(/^Tickwire is running\. Open (\S+)$/m));
  page = watched.page;
});

after(async () => {
  // Also when the start has failed, or one of them: no engine stays behind.
  const ended: PromiseSettledResult<unknown>[] = [];
  for (const end of ends.reverse()) ended.push(...(await Promise.allSettled([end()])));
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
});

/** What the command has printed last. */
function printed(pattern: RegExp): string {
  const text = pattern.exec(host.output)?.[1];
  assert.ok(text !== undefined, `${pattern} in\n${host.output}`);
  return text;
}

test('a newcomer who opens the printed link sees prices and a chart move, and is told that they are made up', async () => {
  await untilTicksMove(page);
  await untilAnswered(page, 'Is it alive?', 'Yes');
  await untilAnswered(page, 'What was lost?', 'Nothing');
  // It grows by a second a second.
  await until('a line in the chart', async () => (await inkOf(page, '#rates')) > 20, 30_000);
  assert.match(await page.locator('header').innerText(), /simulated exchange: prices are made up/);
  await until('the page itself among the clients', async () =>
    /\bdemo\b/.test(await page.locator('#clients').innerText()),
  );
  assert.doesNotMatch(page.url(), /key/, 'the key is on no screenshot');
});

test('an operator reads in each panel what the engine tells, and sees both charts drawn', async (t) => {
  const link = new URL(printed(/^Tickwire is running\. Open (\S+)$/m));
  const key = new URLSearchParams(link.hash.slice(1)).get('key')!;
  const dashboard = await LiveDashboard.open(t, new URL('/', link).href, key);
  // Each hop is measured in a second with ticks, and the instruments' clients are counted while somebody looks.
  await dashboard.view('a second with ticks', ({ hops, segments, topInstruments }) => {
    const isTimed = segments.length === 3 && segments.every(({ delayMs }) => delayMs !== null);
    return isTimed && hops.receive_to_send !== null && topInstruments.every(({ clients }) => clients === 1);
  });
  let differences: unknown;
  const shown = await until('the figures of one view in all panels', async () => {
    const panels = await panelsOf(page);
    const view = await dashboard.view('a view', () => true);
    try {
      assert.deepEqual(panels, panelsOfView(view));
      return panels;
    } catch (error) {
      differences = error;
      return null;
    }
  }).catch(() => {
    throw differences;
  });
  assert.equal(shown.upstreams[0]![1], 'live');
  assert.deepEqual(shown.segments.map(([name]) => name).sort(), ['BSE', 'NSE', 'NSE_INDEX']);
  assert.equal(shown.top.length, 8);
  assert.ok(
    shown.path.every((figures) => /^\d.* · \d/.test(figures)),
    shown.path.join(),
  );
  assert.match(await page.locator('#path .note').innerText(), /This machine's clock|this machine's clock/);
  const legends = await legendsOf(page);
  assert.ok(legends.length === 4 && legends.every((figure) => /^\d/.test(figure)), legends.join());
  for (const chart of ['#rates', '#latency']) {
    await until(`a line in ${chart}`, async () => (await inkOf(page, chart)) > 20, 30_000);
  }
});

test('a trader sees the book of an instrument, with five levels or with twenty', async () => {
  await page.locator('#watch').getByRole('button', { name: 'INFY', exact: true }).click();
  const book = page.locator('#book tbody tr');
  const levels = async () =>
    (await book.allInnerTexts()).filter((text) => /^\s*[\d,]+ \(\d+\)\s+[\d,]+\.\d\d/.test(text)).length;
  await until('five levels', async () => (await levels()) === 5);
  assert.match(await page.locator('#book h2').innerText(), /INFY · NSE/);
  await page.getByRole('button', { name: '20', exact: true }).click();
  await until('twenty levels', async () => (await levels()) === 20);
  await page.getByRole('button', { name: '5', exact: true }).click();
  await until('five levels again', async () => (await levels()) === 5);
});

test('an instrument can be added and removed, and a name is shown as it is, never as markup', async () => {
  const add = async (name: string) => {
    await page.getByLabel('Add').fill(name);
    await page.locator('#watch-add').getByRole('button').click();
  };
  await add('no colon');
  assert.match(await page.locator('#watch-error').innerText(), /NSE:RELIANCE/);
  await add('nse:ICICIBANK');
  await until('a price', async () => /\d\.\d\d/.test(await priceOf(page, 'ICICIBANK')));
  const hostile = '<img src=x onerror=document.title=1>';
  await add(`NSE:${hostile}`);
  const row = page.locator('#watch tbody tr', { hasText: hostile });
  await until('the refusal', async () => /not found/.test(await row.innerText()));
  assert.equal(await page.locator('main img').count(), 0);
  await page.getByRole('button', { name: `Remove NSE:${hostile}` }).click();
  await page.reload();
  await until('its price again', async () => /\d\.\d\d/.test(await priceOf(page, 'ICICIBANK')));
  const rows = page.locator('#watch tbody tr');
  assert.equal(await rows.count(), 9, 'the list is kept over a reload');
  await page.getByRole('button', { name: 'Remove NSE:ICICIBANK' }).click();
  assert.equal(await rows.count(), 8);
});

test('an operator sees what a client holds and disconnects it, and not by an accidental click', async (t) => {
  const address = printed(/^Clients connect to (\S+)$/m);
  const client = await TestClient.connect(address, robot.key, { framing: 'msgpack' });
  t.after(() => client.terminate());
  const row = page.locator('#clients tbody tr', { hasText: 'msgpack' });
  const subscriptions = (count: string) =>
    until(`${count} subscriptions`, async () => {
      const [text] = await row.locator(':scope > *').nth(4).allInnerTexts();
      return text === count;
    });
  await subscriptions('0');
  await client.subscribe('NSE', 'TCS', 2);
  await subscriptions('1');
  await row.getByRole('button', { name: '1', exact: true }).press('Enter');
  const held = page.locator('#subscriptions');
  await until('its instruments', () => held.isVisible());
  assert.match(await held.innerText(), new RegExp(`${robot.stored.id}[^]*NSE:TCS\\s+Quote\\s+every tick`));
  await page.keyboard.press('Escape');
  await row.getByRole('button', { name: 'Disconnect' }).click();
  assert.match(await row.innerText(), new RegExp(`demo\\s+${robot.stored.id}`), 'which of the keys it has');
  assert.match(
    await page.locator('#confirm').innerText(),
    new RegExp(
      `^Disconnect .*\\n[^]*demo with 1 subscription\\b[^]*tickwire keys revoke ${robot.stored.id}\\s`,
    ),
  );
  await page.getByRole('button', { name: 'Keep it' }).click();
  assert.equal(client.closed, null);
  await row.getByRole('button', { name: 'Disconnect' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Disconnect' }).click();
  await client.untilClosed();
  await until('its row to go', async () => (await row.count()) === 0);
});

test('a client that reads nothing is counted as slow, and stands first among the clients with all that waits for it', async (t) => {
  const address = printed(/^Clients connect to (\S+)$/m);
  const client = await TestClient.connect(address, printed(/^Demo key: (\w+)$/m));
  t.after(() => client.terminate());
  await client.subscribe('NSE', 'TCS', 2);
  client.socket.pause();
  // More than the kernel takes.
  for (let sent = 0; sent < 700; sent++) client.send({ action: 'ping', timestamp: SIXFOLD });
  await untilAnswered(page, 'Who is slow?', '1 client');
  assert.match(
    await page.locator('[data-question=slow] .detail').innerText(),
    /^of 2; \d+ MiB wait to be read$/,
  );
  const rowsFit = async (rows: readonly (readonly RegExp[])[]) => {
    const texts = await Promise.all(
      (await page.locator('#clients tbody tr').all()).map((row) => row.locator('th, td').allInnerTexts()),
    );
    return (
      texts.length === rows.length && rows.every((row, i) => row.every((cell, j) => cell.test(texts[i]![j]!)))
    );
  };
  const [who, user, framing, since, conflated, size] = [
    /^127\.0\.0\.1 #/,
    /^demo \S+$/,
    /^json$/,
    /^\d.* s$/,
    /^\d+$/,
    /^\d.* [KM]iB$/,
  ];
  await until('both clients, the slow one first', () =>
    rowsFit([
      [who, user, framing, since, /^1$/, /^slow · \d+ MiB$/, conflated, size],
      [who, user, framing, since, /^9$/, /^0 B$/, /^0$/, size],
    ]),
  );
  client.terminate();
  await untilAnswered(page, 'Who is slow?', 'Nobody');
});

test('on no screen is a part of a panel cut off at its side, and twenty levels are seen at once', async () => {
  await page.getByRole('button', { name: '20', exact: true }).click();
  await until('twenty levels', async () => (await page.locator('#book tbody tr').count()) === 20);
  const book = await page.locator('#book .scroll').evaluate((part) => [part.scrollHeight, part.clientHeight]);
  assert.equal(book[0], book[1], 'of the levels');
  for (const width of [800, 1024, 1100, 1280, 1366, 1400, 1440, 1600, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await until('the charts at their width', () =>
      page.evaluate<boolean>(
        "[...document.querySelectorAll('.plot')].every((plot) => plot.scrollWidth <= plot.clientWidth)",
      ),
    );
    assert.deepEqual(await panelsCutOff(page), [], `at ${width} pixels`);
    await keepScreenshot(page, `desk-${width}`);
  }
  await page.emulateMedia({ colorScheme: 'dark' });
  await keepScreenshot(page, 'desk-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: '5', exact: true }).click();
});

test('the operator reads the log and the configuration, in which no secret is', async () => {
  await until('a line', async () => /engine started/.test(await page.locator('#log ol').innerText()));
  await page.getByText('Configuration in force').click();
  const options = page.locator('#config tbody tr');
  await until('the options', async () => (await options.count()) > 20);
  await page.getByLabel('Find').fill('TICKWIRE_OPS_PORT');
  assert.equal(await options.count(), 1);
  const text = await page.locator('body').innerText();
  assert.ok(!text.includes(printed(/^Demo key: (\w+)$/m)), 'the key is not shown');
});

test('figures of an engine that stands still are never shown as fresh, and come back by themselves', async (t) => {
  t.after(() => host.standStill(false));
  await watchAlarms(page);
  host.standStill(true);
  for (const question of QUESTIONS) await untilAnswered(page, question, 'Unknown');
  assert.match(await firstAlarm(page), /^The engine says nothing\. /, 'before the socket is given up');
  assert.match(
    await page.getByRole('alert').first().innerText(),
    /Nothing below is of now: it is of \d\d:\d\d:\d\d/,
  );
  assert.match(await page.title(), /^Away/);
  assert.match(
    await page.evaluate<string>("getComputedStyle(document.querySelector('main')).filter"),
    /grayscale/,
  );
  host.standStill(false);
  await untilAnswered(page, 'Is it alive?', 'Yes');
  await until('the end of the alarm', async () => !(await page.locator('#banner').isVisible()));
});

test('the page says at once that the engine is gone, and goes on by itself when it is back', async () => {
  await watchAlarms(page);
  await host.kill();
  await untilAnswered(page, 'Is it alive?', 'Unknown');
  assert.match(
    await firstAlarm(page),
    /^The engine cannot be reached\. /,
    'a closed socket is told as such: no silence is waited for',
  );
  await start();
  await untilAnswered(page, 'Is it alive?', 'Yes');
  await untilTicksMove(page);
  assert.match(await page.title(), /^Tickwire/);
});

test('a phone in the dark shows all of it without scrolling sideways', async () => {
  const { page: phone, complaints } = await openPage(
    browser,
    printed(/^Tickwire is running\. Open (\S+)$/m),
    {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
      hasTouch: true,
    },
  );
  await untilTicksMove(phone);
  assert.equal(await phone.evaluate<number>('document.documentElement.scrollWidth'), 360);
  for (const question of QUESTIONS) {
    const box = await answerTo(phone, question).boundingBox();
    assert.ok(box !== null && box.y + box.height < 400, `"${question}" is answered without scrolling`);
  }
  await until('the clients', async () => (await phone.locator('#clients tbody button').count()) > 0);
  assert.deepEqual(await cellsNotShown(phone), ['watch: Volume'], 'which stands below the book');
  assert.deepEqual(await panelsCutOff(phone), []);
  await keepScreenshot(phone, 'phone-dark');
  const ground = await phone.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  assert.equal(ground, 'rgb(13, 18, 24)');
  assert.deepEqual(complaints, []);
});

test('nothing went wrong in the browser, and nothing was fetched from elsewhere', () => {
  assert.deepEqual(watched.complaints, []);
  assert.ok(
    [...watched.hosts].every((name) => name.startsWith('127.0.0.1:')),
    [...watched.hosts].join(),
  );
});

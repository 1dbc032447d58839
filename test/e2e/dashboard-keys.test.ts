/** Who may see the dashboard, and who may disconnect clients with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchBrowser, openPage } from '../support/browser.ts';
import { untilAnswered } from '../support/dashboard-scene.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';

const ADMIN_KEY = 'admin-key-of-the-test';
const VIEWER_KEY = 'viewer-key-of-the-test';

test('who has no right to disconnect clients sees everything and no such button, a wrong key sees nothing, and what was lost is told with its place', async (t) => {
  const flags = ['--ops-port=0', `--admin-key=${ADMIN_KEY}`, `--viewer-key=${VIEWER_KEY}`];
  const { client, exchange, started } = await startEngineFixture(t, { flags });
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const outside = await client({ framing: 'msgpack' });
  await outside.subscribe('NSE', 'RELIANCE', 2);
  const { url } = started.dashboard!;

  const { page, complaints } = await openPage(browser, url);
  assert.equal(await page.locator('#dashboard').isVisible(), false);
  const enter = async (key: string) => {
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Open' }).click();
  };
  await enter('a key that nobody has given');
  await until('the refusal', async () => (await page.locator('#sign-in-error').innerText()) !== '');
  assert.equal(await page.locator('#dashboard').isVisible(), false);

  await enter(VIEWER_KEY);
  await until('ticks', async () => {
    exchange.step(5);
    const word = page.locator('#headline article').first().locator('.word');
    return (await word.innerText()) === 'Yes';
  });
  const row = page.locator('#clients tbody tr', { hasText: 'msgpack' });
  await until('the client', async () => (await row.count()) === 1);
  assert.match(await page.locator('#rights').innerText(), /read-only/);
  assert.equal(await page.getByRole('button', { name: 'Disconnect' }).count(), 0);
  await row.getByRole('button').click();
  await until('what the client holds', () => page.locator('#subscriptions').isVisible());
  await page.evaluate(`sessionStorage.setItem('tickwire-operator-key', '${ADMIN_KEY}')`);
  await page.reload();
  await until(
    'the button',
    async () => (await row.getByRole('button', { name: 'Disconnect' }).count()) === 1,
  );
  await page.evaluate("location.hash = 'key=one-that-is-none-any-more'");
  await until('the refusal', async () => (await page.locator('#sign-in-error').innerText()) !== '');
  assert.equal(
    await page.locator('#dashboard').isVisible(),
    false,
    'who has no right any more sees no figures',
  );
  await enter(ADMIN_KEY);
  await row.waitFor();
  await untilAnswered(page, 'What was lost?', 'Nothing');
  exchange.sendRaw(Buffer.alloc(51, 9));
  await untilAnswered(page, 'What was lost?', '1');
  const where = await page.locator('[data-question=lost] .detail').innerText();
  assert.match(where, /^1 unreadable frames of the broker; the last /);
  assert.deepEqual(complaints, []);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Key', { exact: true }).waitFor();
  assert.equal(await page.evaluate("sessionStorage.getItem('tickwire-operator-key')"), null);
});

/** What tests do with the dashboard, as a person would: by its words. */
import type { Locator, Page } from 'playwright-core';
import { until } from './until.ts';

/** The answer to one of the four questions, as it is read. */
export function answerTo(page: Page, question: string): Locator {
  return page.locator('#headline article', { hasText: question }).locator('.word');
}

export async function untilAnswered(page: Page, question: string, word: string | RegExp): Promise<void> {
  const fits = (text: string) => (typeof word === 'string' ? text === word : word.test(text));
  let seen = '';
  await until(`"${question}" answered by ${word}`, async () => {
    seen = await answerTo(page, question).innerText();
    return fits(seen);
  }).catch((error) => {
    throw new Error(`${error.message}; it says ${seen}`);
  });
}

/** The last price of an instrument of the watch list. */
export function priceOf(page: Page, symbol: string): Promise<string> {
  return page.locator('#watch tbody tr', { hasText: symbol }).first().locator('td').first().innerText();
}

/** Waits until a price of the watch list has changed, and changes once more. */
export async function untilTicksMove(page: Page, symbol = 'NIFTY'): Promise<void> {
  const seen = new Set<string>();
  await until(`three prices of ${symbol}`, async () => seen.add(await priceOf(page, symbol)).size >= 3);
}

/** Keeps what the alarm says from now on, in the page. */
export function watchAlarms(page: Page): Promise<void> {
  return page.evaluate<void>(`{
    window.alarms = [];
    const alarm = document.querySelector('[role=alert]');
    const told = () => window.alarms.push(alarm.textContent);
    window.alarmWatch?.disconnect();
    window.alarmWatch = new MutationObserver(told);
    window.alarmWatch.observe(alarm, { childList: true, characterData: true, subtree: true });
  }`);
}

/** What it said first since then: on a busy machine others may have taken its place already. */
export function firstAlarm(page: Page): Promise<string> {
  return until('an alarm', () => page.evaluate<string | undefined>('window.alarms[0]'));
}

/** Pixels of a chart that have the colour of its first line. */
export function inkOf(page: Page, section: string): Promise<number> {
  return page.evaluate<number>(`{
    const canvas = document.querySelector('${section} canvas');
    const colour = getComputedStyle(document.body).getPropertyValue('--series-1').trim();
    const wanted = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    // Of a copy: Chromium warns of canvases that are read more than once.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let ink = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 200 && wanted.every((part, j) => Math.abs(data[i + j] - part) < 24)) ink++;
    }
    ink;
  }`);
}

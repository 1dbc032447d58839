/** Pictures of pages, for whoever wants to look at what the tests see. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Writes the whole page into the directory that SCREENSHOTS names, if it names one. @param name without its ending */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const directory = process.env.SCREENSHOTS;
  if (directory) await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}

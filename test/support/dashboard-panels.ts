/** What stands in the panels of the dashboard, and what should stand there. */
import type { Page } from 'playwright-core';
import { age, count, latency, rate, share } from '../../dashboard/format.js';
import type { EngineView } from '../../src/main/ops/engine-view.ts';

/** Texts of cells, row by row. */
type Rows = readonly (readonly string[])[];

export interface Panels {
  /** Connection, state, ticks per second, tokens, breaks. */
  readonly upstreams: Rows;
  readonly segments: Rows;
  readonly top: Rows;
  readonly threads: Rows;
  /** The figures of each hop. */
  readonly path: readonly string[];
}

/** All panels at one moment, as the page has them. */
export async function panelsOf(page: Page): Promise<Panels> {
  const panels = await page.evaluate<Panels>(`{
    const textsOf = (nodes) => [...nodes].map((node) => node.innerText.trim());
    const rowsOf = (panel) =>
      [...document.querySelectorAll('#' + panel + ' tbody tr')].map(({ cells }) => textsOf(cells));
    const names = ['upstreams', 'segments', 'top', 'threads'];
    ({
      ...Object.fromEntries(names.map((name) => [name, rowsOf(name)])),
      path: textsOf(document.querySelectorAll('#path li span')),
    });
  }`);
  return { ...panels, upstreams: panels.upstreams.map((row) => row.toSpliced(2, 1)) };
}

/** What the panels say of a view of an engine. */
export function panelsOfView({ upstreams, segments, topInstruments, threads, hops }: EngineView): Panels {
  const slowest = segments
    .flatMap(({ delayMs }) => delayMs ?? [])
    .reduce((a, b) => (b.p50 > a.p50 ? b : a), { p50: 0, p99: 0 });
  const legs = [slowest, hops.receive_to_publish, hops.publish_to_send, hops.receive_to_send];
  return {
    upstreams: upstreams.map(({ feed, broker, state, ticksPerSecond, instruments, reconnects, restarts }) => [
      `${feed} · ${broker}`,
      state,
      rate(ticksPerSecond),
      count(instruments),
      count(reconnects + restarts),
    ]),
    segments: segments.map(({ exchange, lastTickAgeMs, ticksPerSecond, delayMs }) => [
      exchange,
      age(lastTickAgeMs),
      rate(ticksPerSecond),
      latency(delayMs?.p50),
      latency(delayMs?.p99),
    ]),
    top: topInstruments.map(({ exchange, symbol, ticksPerSecond, clients, lastTickAgeMs }) => [
      `${exchange}:${symbol}`,
      rate(ticksPerSecond),
      count(clients),
      age(lastTickAgeMs),
    ]),
    threads: threads.map(({ name, loopDelayP99Ms, gcMs, utilization, restarts }) => [
      name,
      latency(loopDelayP99Ms),
      latency(gcMs),
      share(utilization),
      count(restarts),
    ]),
    path: legs.map((leg) => (leg === null ? '–' : `${latency(leg.p50)} · ${latency(leg.p99)}`)),
  };
}

/** The latest figures beside each chart, which it draws itself. */
export function legendsOf(page: Page): Promise<readonly string[]> {
  return page.locator('.legend b').allInnerTexts();
}

/** Panels of which a part is out of sight at the side. */
export function panelsCutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`
    [...document.querySelectorAll('main section, main .scroll')]
      .filter((part) => part.scrollWidth > part.clientWidth)
      .map((part) => part.closest('section').id + ': ' + part.scrollWidth + ' of ' + part.clientWidth)
  `);
}

/** Figures that have no place on the screen, by panel and heading. */
export async function cellsNotShown(page: Page): Promise<readonly string[]> {
  const cells = await page.evaluate<string[]>(`
    [...document.querySelectorAll('main section tbody tr > *')]
      .filter((cell) => cell.textContent !== '' && cell.offsetWidth === 0)
      .map((cell) => cell.closest('section').id + ': ' + cell.dataset.heading)
  `);
  return [...new Set(cells)];
}

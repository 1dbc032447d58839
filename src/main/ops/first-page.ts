/** The page at the engine's own address, and the few instruments that it shows. */
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import type { ProxyTask } from '../../workers/reader-tasks.ts';
import type { InstrumentName } from '../../workers/worker-messages.ts';
import type { StandIn } from '../brokers/stand-in.ts';
import type { Config } from '../config-options.ts';
import { DEMO_SESSION } from '../database/demo-seed.ts';
import type { InstrumentMaster } from '../instruments/instrument-master.ts';

/** Beside `src` in the repository, beside `dist` in the package. */
const PAGE = new URL('../../../dashboard/client-page.html', import.meta.url);

/** One of each kind, so that scales and sparse instruments are seen too. Those that the table lacks are left out. */
const WATCH: readonly InstrumentName[] = [
  { exchange: 'NSE_INDEX', symbol: 'NIFTY' },
  { exchange: 'NSE_INDEX', symbol: 'BANKNIFTY' },
  { exchange: 'NSE', symbol: 'RELIANCE' },
  { exchange: 'NSE', symbol: 'HDFCBANK' },
  { exchange: 'NSE', symbol: 'INFY' },
  { exchange: 'NSE', symbol: 'TCS' },
  { exchange: 'NSE', symbol: 'SBIN' },
  { exchange: 'BSE', symbol: 'RELIANCE' },
];

/**
 * @param demoKey handed to whoever opens the page; null for a real database, whose users type their own key
 * @param broker where ticks come from, or `simulated`
 * @param standIn what takes the place of the brokers, undefined for real ones and the simulated exchange
 */
export async function readPage(
  instruments: InstrumentMaster,
  demoKey: string | null,
  broker: string,
  standIn?: Pick<StandIn, 'watch'>,
): Promise<ProxyTask['page']> {
  const simulated = broker === 'simulated';
  const table = instruments.table(simulated ? DEMO_SESSION.broker : broker);
  const watch = (standIn?.watch ?? WATCH).filter(
    ({ exchange, symbol }) => table.find(exchange, symbol) !== undefined,
  );
  return { html: await readPageHtml(), watch, demoKey, simulated, replayed: standIn !== undefined };
}

/** The page of a host that has neither instruments nor keys: what it shows comes from the feed hosts. */
export async function readRemotePage(): Promise<ProxyTask['page']> {
  return { html: await readPageHtml(), watch: [], demoKey: null, simulated: false, replayed: false };
}

function readPageHtml(): Promise<string> {
  return readFile(PAGE, 'utf8');
}

/** What stands for every address, and one of them that a browser takes. */
const OWN_ADDRESS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Where a browser on this machine opens the page. */
export function pageUrl(
  { websocketHost, tlsCert }: Pick<Config, 'websocketHost' | 'tlsCert'>,
  port: number,
): string {
  return listenerUrl(websocketHost, tlsCert !== null, port);
}

/** Where a browser on this machine finds a listener. */
export function listenerUrl(listensOn: string, isTls: boolean, port: number): string {
  const host = OWN_ADDRESS.get(listensOn) ?? listensOn;
  return `${isTls ? 'https' : 'http'}://${isIPv6(host) ? `[${host}]` : host}:${port}/`;
}

/** Where clients of this machine connect to the listener of a page. */
export function socketUrl(page: string): string {
  return page.replace(/^http/, 'ws').replace(/\/$/, '');
}

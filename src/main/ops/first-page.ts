/** The page at the engine's own address, and the few instruments that it shows. */
import { readFile } from 'node:fs/promises';
import type { InstrumentName, ProxyTask } from '../../workers/worker-messages.ts';
import type { InstrumentTable } from '../instruments/instrument-table.ts';

/** Beside `src` in the repository, beside `dist` in the package. */
const PAGE = new URL('../../../dashboard/index.html', import.meta.url);

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
 * @param simulated whether the prices are made up
 */
export async function readPage(
  instruments: InstrumentTable,
  demoKey: string | null,
  simulated: boolean,
): Promise<ProxyTask['page']> {
  const watch = WATCH.filter(({ exchange, symbol }) => instruments.find(exchange, symbol) !== undefined);
  return { html: await readFile(PAGE, 'utf8'), watch, demoKey, simulated };
}

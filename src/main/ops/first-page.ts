/** The page at the engine's own address, and the few instruments that it shows. */
import { readFile } from 'node:fs/promises';
import type { InstrumentName, ProxyTask } from '../../workers/worker-messages.ts';
import type { StandIn } from '../brokers/stand-in.ts';
import { DEMO_SESSION } from '../database/demo-seed.ts';
import type { InstrumentMaster } from '../instruments/instrument-master.ts';

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
  return { html: await readFile(PAGE, 'utf8'), watch, demoKey, simulated, replayed: standIn !== undefined };
}

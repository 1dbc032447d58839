/** The brokers that the engine can take ticks from: one row each. Everything else looks a broker up here. */
import { ANGEL_EXCHANGE_WIRE } from '../../codec/angel/exchange-wire.ts';
import { ANGEL_INSTRUMENTS } from '../../codec/angel/scrip-master.ts';
import type { ExchangeWire } from '../../codec/exchange-wire.ts';
import type { InstrumentSource } from '../../codec/instrument-list.ts';
import { angelSegment } from '../instruments/angel-segments.ts';

export interface BrokerRow {
  /** OpenAlgo's plugin name. */
  readonly name: string;
  /** The broker's code of the segment that an instrument's `brexchange` names, null for one that it does not stream. */
  readonly segment: (brexchange: string) => number | null;
  /** Levels per side of a depth tick, ascending. */
  readonly depthLevels: readonly number[];
  /** The broker's instrument list, for the embedded database; null where only OpenAlgo's table is read. */
  readonly instruments: InstrumentSource | null;
  /** The wire of its simulated exchange, null if there is none. */
  readonly simulated: ExchangeWire | null;
}

const ROWS: readonly BrokerRow[] = [
  {
    name: 'angel',
    segment: angelSegment,
    depthLevels: [5],
    instruments: ANGEL_INSTRUMENTS,
    simulated: ANGEL_EXCHANGE_WIRE,
  },
];

export const BROKERS: ReadonlyMap<string, BrokerRow> = new Map(ROWS.map((row) => [row.name, row]));

import { EXCHANGE_TYPE } from './frame-layout.ts';

/** OpenAlgo's `brexchange` (Angel's `exch_seg`) and the exchange type of the wire. NCDEX contracts go by three names. */
const SEGMENTS: ReadonlyMap<string, number> = new Map([
  ['NSE', EXCHANGE_TYPE.NSE_CM],
  ['NFO', EXCHANGE_TYPE.NSE_FO],
  ['BSE', EXCHANGE_TYPE.BSE_CM],
  ['BFO', EXCHANGE_TYPE.BSE_FO],
  ['MCX', EXCHANGE_TYPE.MCX_FO],
  ['NCX', EXCHANGE_TYPE.NCX_FO],
  ['NCDEX', EXCHANGE_TYPE.NCX_FO],
  ['NCO', EXCHANGE_TYPE.NCX_FO],
  ['CDS', EXCHANGE_TYPE.CDE_FO],
]);

/** Angel's exchange type for a `brexchange`; null for one that Angel does not stream, never a guess. */
export function angelSegment(brexchange: string): number | null {
  return SEGMENTS.get(brexchange) ?? null;
}

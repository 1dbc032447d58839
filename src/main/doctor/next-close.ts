import { MarketCalendar } from '../../workers/feed/market-calendar.ts';
import { chooseMarketCalendar } from '../config/market-calendar-file.ts';
import type { DoctorContext } from './check.ts';

/** The exchange that all others are told by. */
export const MAIN_EXCHANGE = 'NSE';

/** When the session of today, or the next one, is over, ms since 1970; null where no calendar says so. */
export function nextClose({ config, cwd, now }: DoctorContext): number | null {
  const data = chooseMarketCalendar(config, cwd);
  if (data === null) return null;
  const calendar = new MarketCalendar(data);
  const change = calendar.nextChange(MAIN_EXCHANGE, now);
  if (change === null || calendar.isOpen(MAIN_EXCHANGE, now)) return change;
  return calendar.nextChange(MAIN_EXCHANGE, change);
}

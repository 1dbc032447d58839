/** Whether the calendar knows this year, and when the market opens: silence is judged by it. */
import { MarketCalendar } from '../../workers/feed/market-calendar.ts';
import { chooseMarketCalendar } from '../config/market-calendar-file.ts';
import type { RunCheck } from './check.ts';
import { go, type Outcome, warn } from './finding.ts';
import { indianTime } from './indian-time.ts';
import { MAIN_EXCHANGE } from './next-close.ts';

export const check: RunCheck = ({ config, cwd, now }) => {
  const data = chooseMarketCalendar(config, cwd);
  if (data === null) return [go('the simulated exchange trades day and night')];
  const year = indianTime(now).slice(0, 4);
  const outcomes: Outcome[] = [];
  if (!data.days.some(({ date }) => date.startsWith(year))) {
    outcomes.push(
      warn(
        `the calendar has no holiday of ${year}: on each of them a feed that is merely closed will be taken for mute`,
        `Name a file with the holidays of ${year} in TICKWIRE_MARKET_CALENDAR (OPERATIONS.md, "What a feed is doing").`,
      ),
    );
  }
  return [...outcomes, go(whenOpen(new MarketCalendar(data), now))];
};

function whenOpen(calendar: MarketCalendar, now: number): string {
  if (!calendar.knows(MAIN_EXCHANGE)) return `${MAIN_EXCHANGE} is in no calendar, and is not judged`;
  if (!calendar.isOpen(MAIN_EXCHANGE, now)) return calendar.describeClosed(MAIN_EXCHANGE, now);
  const closes = calendar.nextChange(MAIN_EXCHANGE, now);
  return `${MAIN_EXCHANGE} is open${closes === null ? '' : ` until ${indianTime(closes)}`}`;
}

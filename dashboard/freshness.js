/** Says of when the page is, and says it loudly when that is not now. */
import { find } from './elements.js';
import { duration, time } from './format.js';
import { setText } from './keyed-rows.js';

/** @import { LinkState } from './engine-link.js' */

const banner = find('#banner');
const alarm = find('[role=alert]', HTMLElement, banner);
const age = find('#banner-age');

/**
 * To be called several times a second: how old a figure is grows without anybody telling it.
 *
 * @param {LinkState} state
 * @param {string} why there is no word from the engine
 * @param {{ readonly role: string, readonly at: number, readonly now: number } | null} last of the latest view: when it was
 *   made, and what time it is now by the same clock, in ms since 1970; null before the first
 * @param {number | null} retryIn ms until the next attempt, null while one is under way
 */
export function showFreshness(state, why, last, retryIn) {
  document.body.dataset.link = state;
  const isLive = state === 'live' && last !== null;
  const name = last === null ? 'Tickwire' : `Tickwire ${last.role}`;
  document.title = isLive ? name : `Away – ${name}`;
  setText(find('#as-of'), last === null || state === 'refused' ? '' : `${time(last.at, last.now)} IST`);
  banner.hidden = isLive || state === 'refused';
  if (banner.hidden) return;
  if (last === null) {
    setText(alarm, why === '' ? 'Connecting to the engine …' : `${why} Trying again …`);
    setText(age, '');
    return;
  }
  setText(alarm, `${why} Nothing below is of now: it is of ${time(last.at, last.now)}.`);
  // Beside the alarm: who listens to the page is told once, not each second.
  const next = retryIn === null ? 'Asking again now.' : `Next attempt in ${duration(retryIn)}.`;
  setText(age, `That was ${duration(last.now - last.at)} ago. ${next}`);
}

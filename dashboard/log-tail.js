/** The last lines of the engine's log. It follows the newest unless its reader has scrolled up. */
import { find } from './elements.js';
import { time } from './format.js';

/** @import { LogLine } from './engine-link.js' */

const KEPT = 500;
/** How grave a line is, in the order of pino's levels. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

const list = find('#log ol');
const choice = find('#log select', HTMLSelectElement);
choice.onchange = () => {
  for (const item of list.children) hide(/** @type {HTMLElement} */ (item));
  list.scrollTop = list.scrollHeight;
};

/** @param {HTMLElement} item */
function hide(item) {
  item.hidden = Number(item.dataset.level) < Number(choice.value);
}

/** @param {readonly LogLine[]} lines @param {boolean} isTail whether they are all that there is, in place of what is shown */
export function showLines(lines, isTail) {
  const follows = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
  const items = lines.map(makeItem);
  if (isTail) list.replaceChildren(...items);
  else list.append(...items);
  while (list.childElementCount > KEPT) list.firstElementChild?.remove();
  if (follows || isTail) list.scrollTop = list.scrollHeight;
}

/** @param {LogLine} line */
function makeItem({ at, level, message, fields }) {
  const rank = LEVELS.indexOf(level);
  const item = document.createElement('li');
  item.dataset.level = String(rank);
  item.dataset.state = rank >= LEVELS.indexOf('error') ? 'bad' : level === 'warn' ? 'warn' : '';
  const parts = [
    ['time', time(at)],
    ['b', level],
    ['span', message],
    ['code', Object.keys(fields).length === 0 ? '' : JSON.stringify(fields)],
  ];
  for (const [tag, text] of parts) {
    const part = document.createElement(/** @type {string} */ (tag));
    part.textContent = /** @type {string} */ (text);
    item.append(part, ' ');
  }
  hide(item);
  return item;
}

/** The options in force, asked for when somebody opens the panel. */
import { bodyOf, find } from './elements.js';
import { emptyRow, setCells, showNone, showRows } from './keyed-rows.js';

/** @import { OptionInForce } from './engine-link.js' */

const body = bodyOf('#config');
const panel = find('#config', HTMLDetailsElement);
const search = find('#config input[type=search]', HTMLInputElement);
const onlyChanged = find('#config input[type=checkbox]', HTMLInputElement);

/** @type {readonly OptionInForce[]} */
let options = [];
search.oninput = onlyChanged.onchange = show;

/** @param {() => void} ask */
export function askWhenOpened(ask) {
  panel.ontoggle = () => {
    if (panel.open) ask();
  };
}

/** Whether it is shown, so that a new life of the engine is asked anew. */
export const isOpen = () => panel.open;

/** @param {readonly OptionInForce[]} news */
export function showOptions(news) {
  options = news;
  show();
}

function show() {
  const words = search.value.trim().toLowerCase();
  const fitting = options.filter(
    ({ name, doc, source }) =>
      `${name} ${doc}`.toLowerCase().includes(words) && !(onlyChanged.checked && source === 'default'),
  );
  if (fitting.length === 0)
    return showNone(body, options.length === 0 ? 'Asking the engine …' : 'No option fits.');
  showRows(
    body,
    fitting,
    ({ name }) => name,
    () => emptyRow(4),
    fill,
  );
}

/** @param {HTMLTableRowElement} row @param {OptionInForce} option */
function fill(row, { name, value, source, doc, reloadable }) {
  setCells(row, [name, value, source ?? '–', doc + (reloadable ? ' Changed by a reload.' : '')]);
  row.classList.toggle('set', source !== 'default');
}

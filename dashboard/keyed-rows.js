/** Rows of a table that stay the same elements while their figures change, so that focus, selection and clicks survive. */

/** @typedef {HTMLTableRowElement} Row */

/** @type {WeakMap<Element, Map<string, Row>>} */
const shown = new WeakMap();

/**
 * Shows one row for each item, in their order.
 *
 * @template T
 * @param {HTMLTableSectionElement} body
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => Row} make
 * @param {(row: Row, item: T) => void} fill
 */
export function showRows(body, items, keyOf, make, fill) {
  const before = shown.get(body) ?? new Map();
  const now = new Map();
  for (const [i, item] of items.entries()) {
    const key = keyOf(item);
    const row = before.get(key) ?? withHeadings(make(item), body);
    before.delete(key);
    now.set(key, row);
    fill(row, item);
    // An element that is put where it is already would lose its focus.
    if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null);
  }
  for (const row of before.values()) row.remove();
  while (body.rows.length > items.length) body.deleteRow(-1);
  shown.set(body, now);
}

/** Each cell knows the heading of its column, which a phone shows beside the figure. @param {Row} row @param {HTMLTableSectionElement} body */
function withHeadings(row, body) {
  const headings = body.closest('table')?.tHead?.rows[0]?.cells ?? [];
  for (const [i, { textContent }] of [...headings].entries()) {
    const cell = row.cells[i];
    if (cell !== undefined && textContent) cell.dataset.heading = textContent;
  }
  return row;
}

/** A row whose first cell is its heading. @param {number} cells @returns {Row} */
export function emptyRow(cells) {
  const row = document.createElement('tr');
  for (let i = 0; i < cells; i++) {
    const cell = document.createElement(i === 0 ? 'th' : 'td');
    if (i === 0) cell.setAttribute('scope', 'row');
    row.append(cell);
  }
  return row;
}

/** What comes over the wire gets into the page as text only. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Row} row @param {readonly (string | null)[]} texts null for a cell that is filled otherwise */
export function setCells(row, texts) {
  for (const [i, text] of texts.entries()) {
    if (text !== null) setText(/** @type {Node} */ (row.cells[i]), text);
  }
}

/** One row that says why there are none. @param {HTMLTableSectionElement} body @param {string} text */
export function showNone(body, text) {
  const row = document.createElement('tr');
  const cell = row.insertCell();
  cell.colSpan = 20;
  cell.className = 'none';
  cell.textContent = text;
  body.replaceChildren(row);
  shown.delete(body);
}

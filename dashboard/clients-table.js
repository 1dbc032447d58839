/** Who is connected, the slowest first, and the way to disconnect one. */
import { expectSubscriptions } from './client-subscriptions.js';
import { bodyOf, find } from './elements.js';
import { bytes, count, duration, plural } from './format.js';
import { emptyRow, setCells, setText, showNone, showRows } from './keyed-rows.js';

/** @import { ClientView } from '../src/main/ops/engine-view.ts' */

/**
 * @typedef {object} ClientActions
 * @property {(id: string) => void} askSubscriptions
 * @property {((id: string) => void) | null} disconnect null for who may only look
 */

const CELLS = 9;
const USER = 1;
const SUBSCRIPTIONS = 4;
/** What the name of OpenAlgo's key of a user begins with. */
const OF_OPENALGO = 'openalgo:';
const body = bodyOf('#clients');
const note = find('#clients .note');
const dialog = find('#confirm', HTMLDialogElement);

/**
 * @param {readonly ClientView[]} clients
 * @param {number} total
 * @param {number} now ms since 1970, by the engine's clock
 * @param {ClientActions} actions
 */
export function showClients(clients, total, now, actions) {
  setText(
    note,
    total > clients.length
      ? `${count(clients.length)} of ${plural(total, 'client')}`
      : plural(total, 'client'),
  );
  if (clients.length === 0) return showNone(body, 'Nobody is connected.');
  showRows(
    body,
    clients,
    ({ id }) => id,
    () => emptyRow(CELLS),
    (row, client) => fill(row, client, now, actions),
  );
}

/** @param {HTMLTableRowElement} row @param {ClientView} client @param {number} now @param {ClientActions} actions */
function fill(row, client, now, { askSubscriptions, disconnect }) {
  const { id, address, framing, dialect, connectedAt, backlogBytes, conflated, slow, sentBytes } = client;
  const form = dialect === 'openalgo' ? framing : `${framing}, ${dialect}`;
  const backlog = slow ? `slow · ${bytes(backlogBytes)}` : bytes(backlogBytes);
  setCells(row, [
    `${address} #${id}`,
    null,
    form,
    duration(now - connectedAt),
    null,
    backlog,
    count(conflated),
    bytes(sentBytes),
  ]);
  showWho(/** @type {HTMLTableCellElement} */ (row.cells[USER]), client);
  showCount(/** @type {HTMLTableCellElement} */ (row.cells[SUBSCRIPTIONS]), client, askSubscriptions);
  if (slow) row.dataset.state = 'warn';
  else delete row.dataset.state;
  const cell = /** @type {HTMLTableCellElement} */ (row.cells[CELLS - 1]);
  if (disconnect === null) return cell.replaceChildren();
  const button = cell.querySelector('button') ?? cell.appendChild(newButton('Disconnect'));
  // Of the latest list: the question is about the client as it is, not as it was when it came.
  button.onclick = () => confirm(client, disconnect);
}

/** The user, and which of the user's keys: two programs of one user are told apart by that. @param {HTMLTableCellElement} cell @param {ClientView} client */
function showWho(cell, { user, keyId, role }) {
  const key = cell.querySelector('small') ?? document.createElement('small');
  if (cell.firstChild === null) cell.append('', ' ', key);
  setText(/** @type {Node} */ (cell.firstChild), user ?? 'not logged in');
  setText(key, [keyId, role].filter((part) => part !== null).join(' · '));
}

/** How many subscriptions it has, and behind that which. @param {HTMLTableCellElement} cell @param {ClientView} client @param {(id: string) => void} ask */
function showCount(cell, client, ask) {
  const button = cell.querySelector('button') ?? cell.appendChild(newButton('', 'quiet'));
  setText(button, count(client.subscriptions));
  button.title = `Show the subscriptions of ${client.address} #${client.id}`;
  button.onclick = () => {
    expectSubscriptions(client);
    ask(client.id);
  };
}

/** @param {string} text @param {string} [className] */
function newButton(text, className = '') {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  button.className = className;
  return button;
}

/** @param {ClientView} client @param {(id: string) => void} disconnect */
function confirm({ id, address, user, keyId, subscriptions }, disconnect) {
  setText(find('#confirm-question'), `Disconnect ${address} #${id}?`);
  const whose =
    user === null
      ? 'It has not logged in'
      : `It is a client of ${user} with ${plural(subscriptions, 'subscription')}`;
  find('#confirm-detail').replaceChildren(
    `${whose}. Most clients come back by themselves`,
    ...(keyId === null ? ['.'] : ['; ', ...wayToKeepAway(keyId)]),
  );
  dialog.onclose = () => {
    if (dialog.returnValue === 'yes') disconnect(id);
  };
  dialog.returnValue = '';
  dialog.showModal();
}

/** Said only of the key that the client has. @param {string} keyId @returns {(string | Node)[]} */
function wayToKeepAway(keyId) {
  if (keyId.startsWith(OF_OPENALGO)) {
    const user = keyId.slice(OF_OPENALGO.length);
    return [
      `to keep it away for good first make a new key on OpenAlgo's page: it came with that of ${user}.`,
    ];
  }
  const command = document.createElement('code');
  command.textContent = `tickwire keys revoke ${keyId}`;
  return ['to keep it away for good revoke its key: ', command];
}

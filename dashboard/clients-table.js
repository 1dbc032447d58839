/** Who is connected, the slowest first, and the way to disconnect one. */
import { bodyOf, find } from './elements.js';
import { bytes, count, duration, plural } from './format.js';
import { emptyRow, setCells, setText, showNone, showRows } from './keyed-rows.js';

/** @import { ClientView } from '../src/main/ops/engine-view.ts' */

const CELLS = 9;
const body = bodyOf('#clients');
const note = find('#clients .note');
const dialog = find('#confirm', HTMLDialogElement);

/**
 * @param {readonly ClientView[]} clients
 * @param {number} total
 * @param {number} now ms since 1970, by the engine's clock
 * @param {((id: string) => void) | null} disconnect null for who may only look
 */
export function showClients(clients, total, now, disconnect) {
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
    (row, client) => fill(row, client, now, disconnect),
  );
}

/** @param {HTMLTableRowElement} row @param {ClientView} client @param {number} now @param {((id: string) => void) | null} disconnect */
function fill(row, client, now, disconnect) {
  const {
    id,
    address,
    user,
    framing,
    dialect,
    connectedAt,
    subscriptions,
    backlogBytes,
    conflated,
    slow,
    sentBytes,
  } = client;
  const form = dialect === 'openalgo' ? framing : `${framing}, ${dialect}`;
  const backlog = slow ? `slow · ${bytes(backlogBytes)}` : bytes(backlogBytes);
  setCells(row, [
    `${address} #${id}`,
    user ?? 'not logged in',
    form,
    duration(now - connectedAt),
    count(subscriptions),
    backlog,
    count(conflated),
    bytes(sentBytes),
  ]);
  if (slow) row.dataset.state = 'warn';
  else delete row.dataset.state;
  const cell = /** @type {HTMLTableCellElement} */ (row.cells[CELLS - 1]);
  if (disconnect === null) return cell.replaceChildren();
  const button = cell.querySelector('button') ?? cell.appendChild(disconnectButton());
  // Of the latest list: the question is about the client as it is, not as it was when it came.
  button.onclick = () => confirm(client, disconnect);
}

function disconnectButton() {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Disconnect';
  return button;
}

/** @param {ClientView} client @param {(id: string) => void} disconnect */
function confirm({ id, address, user, subscriptions }, disconnect) {
  setText(find('#confirm-question'), `Disconnect ${address} #${id}?`);
  const whose =
    user === null
      ? 'It has not logged in'
      : `It is a client of ${user} with ${plural(subscriptions, 'subscription')}`;
  setText(
    find('#confirm-detail'),
    `${whose}. Most clients come back by themselves; to keep one away for good revoke its key: tickwire keys revoke.`,
  );
  dialog.onclose = () => {
    if (dialog.returnValue === 'yes') disconnect(id);
  };
  dialog.returnValue = '';
  dialog.showModal();
}

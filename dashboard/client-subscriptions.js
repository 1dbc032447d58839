/** What one client is subscribed to: asked for by a click on how many that are, and as it was then. */
import { bodyOf, find } from './elements.js';
import { count, nameOf, plural, time } from './format.js';
import { emptyRow, setCells, setText, showNone } from './keyed-rows.js';

/**
 * @import { ClientView } from '../src/main/ops/engine-view.ts'
 * @import { SubscriptionRow } from '../src/workers/client-messages.ts'
 * @import { SubscriptionNews } from './engine-link.js'
 */

const CELLS = 3;
const MODES = { 1: 'LTP', 2: 'Quote', 3: 'Depth', 4: 'Depth' };
const dialog = find('#subscriptions', HTMLDialogElement);
const body = bodyOf('#subscriptions');
const note = find('#subscriptions .note');
/** Who was asked about last, until it is shown. */
let asked = '';

/** @param {ClientView} client the one whose subscriptions are shown when they come */
export function expectSubscriptions({ id, address, user, keyId }) {
  asked = id;
  const whose = [user, keyId].filter((part) => part !== null).join(' · ');
  setText(find('#subscriptions-of'), `Subscriptions of ${address} #${id}${whose && ` (${whose})`}`);
}

/** @param {SubscriptionNews} news @param {number} now ms since 1970, by the engine's clock */
export function showSubscriptions({ id, subscriptions, total }, now) {
  if (id !== asked) return;
  asked = '';
  const isPart = total > subscriptions.length;
  const all = plural(Math.max(total, subscriptions.length), 'subscription');
  const how = isPart ? `the first ${count(subscriptions.length)} of ${all}` : all;
  setText(note, `${how}, as of ${time(now)}`);
  if (subscriptions.length === 0) showNone(body, 'It has subscribed to nothing.');
  else body.replaceChildren(...subscriptions.map(rowOf));
  if (!dialog.open) dialog.showModal();
}

/** @param {SubscriptionRow} subscription */
function rowOf(subscription) {
  const { mode, levels, maxRate, slow, conflated } = subscription;
  const delivery = [
    maxRate !== null && `at most ${maxRate}/s`,
    maxRate === null && conflated && 'conflated',
    slow !== null && `when slow: ${slow}`,
  ].filter(Boolean);
  const row = emptyRow(CELLS);
  setCells(row, [
    nameOf(subscription),
    levels === null ? MODES[mode] : `${MODES[mode]} ${levels}`,
    delivery.join(', ') || 'every tick',
  ]);
  return row;
}

/** The tables that one view of the engine fills: connections, segments, instruments, threads, and the path of a tick. */
import { bodyOf, find } from './elements.js';
import { age, count, duration, latency, nameOf, plural, rate, share, time } from './format.js';
import { emptyRow, setCells, setText, showNone, showRows } from './keyed-rows.js';
import { QUIET_MS } from './verdicts.js';

/**
 * @import { EngineView } from '../src/main/ops/engine-view.ts'
 * @typedef {EngineView['upstreams'][number]} Upstream
 * @typedef {EngineView['segments'][number]} Segment
 * @typedef {EngineView['topInstruments'][number]} Instrument
 * @typedef {EngineView['threads'][number]} Thread
 */

/**
 * @template T
 * @param {string} section
 * @param {number} cells
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(row: HTMLTableRowElement, item: T) => void} fill
 * @param {string} none
 */
function showTable(section, cells, items, keyOf, fill, none) {
  const body = bodyOf(section);
  if (items.length === 0) showNone(body, none);
  else showRows(body, items, keyOf, () => emptyRow(cells), fill);
}

/** @param {EngineView} view @param {number} [past] ms since it was told, where no later one came */
export function showTables(view, past = 0) {
  const { at, host, upstreams, segments, topInstruments, threads, hops, clockOffset } =
    past === 0 ? view : aged(view, past);
  const isPast = past > 0;
  const isProxy = host.role === 'proxy';
  showTable(
    '#upstreams',
    6,
    upstreams,
    keyOfUpstream,
    (row, item) => fillUpstream(row, item, at, isPast, isProxy),
    'No connection is wanted yet.',
  );
  showTable(
    '#segments',
    5,
    segments,
    ({ broker, account, exchange }) => `${exchange} ${broker} ${account}`,
    (row, item) => fillSegment(row, item, isShared(item, segments)),
    isProxy ? 'The feed hosts know them.' : 'Nothing is subscribed.',
  );
  showTable(
    '#top',
    4,
    topInstruments,
    nameOf,
    fillInstrument,
    isProxy ? 'The feed hosts know them.' : 'No ticks.',
  );
  showTable('#threads', 5, threads, ({ name }) => name, fillThread, 'Nothing is measured yet.');
  showPath(segments, hops);
  setText(find('#upstreams h2'), isProxy ? 'Connections to feed hosts' : 'Connections to the broker');
  setText(find('#path .note'), clockNote(clockOffset));
}

/**
 * What a view says of ages, some time after it was told: a tick that came just before it is not one of now.
 *
 * @param {EngineView} view
 * @param {number} past ms
 * @returns {EngineView}
 */
function aged(view, past) {
  const age = (/** @type {number | null} */ ms) => (ms === null ? null : ms + past);
  return {
    ...view,
    at: view.at + past,
    segments: view.segments.map((each) => ({ ...each, lastTickAgeMs: age(each.lastTickAgeMs) })),
    topInstruments: view.topInstruments.map((each) => ({ ...each, lastTickAgeMs: age(each.lastTickAgeMs) })),
  };
}

/** @param {Upstream} upstream */
const keyOfUpstream = ({ feed, account }) => `${feed} ${account}`;

/** @param {HTMLTableRowElement} row @param {Upstream} upstream @param {number} now @param {boolean} isPast @param {boolean} isProxy whether nobody counts here what comes through a connection */
function fillUpstream(
  row,
  { feed, broker, account, state, since, detail, instruments, ticksPerSecond, restarts, reconnects },
  now,
  isPast,
  isProxy,
) {
  const isLive = state === 'live';
  setCells(row, [
    `${feed} · ${isProxy ? account : broker}`,
    isPast ? `was ${state}` : isLive || detail === '' ? state : `${state}: ${detail}`,
    duration(now - since),
    isProxy ? '–' : rate(ticksPerSecond),
    isProxy ? '–' : count(instruments),
    count(reconnects + restarts),
  ]);
  row.title = `${account}: ${state} since ${time(since, now)}; ${plural(reconnects, 'reconnect')}, ${plural(restarts, 'restart')} of its thread`;
  row.dataset.state = isLive ? 'good' : state === 'connecting' || state === 'reconnecting' ? 'warn' : 'bad';
}

/** Whether another row is of the same exchange. @param {Segment} segment @param {readonly Segment[]} segments */
const isShared = ({ exchange }, segments) => segments.filter((each) => each.exchange === exchange).length > 1;

/** @param {HTMLTableRowElement} row @param {Segment} segment @param {boolean} isNamedWhose */
function fillSegment(
  row,
  { broker, account, exchange, lastTickAgeMs, ticksPerSecond, delayMs },
  isNamedWhose,
) {
  const name = isNamedWhose ? `${exchange} · ${broker} · ${account}` : exchange;
  const last = lastTickAgeMs === null ? 'none yet' : age(lastTickAgeMs);
  setCells(row, [name, last, rate(ticksPerSecond), latency(delayMs?.p50), latency(delayMs?.p99)]);
  row.dataset.state = lastTickAgeMs !== null && lastTickAgeMs <= QUIET_MS ? 'good' : 'warn';
}

/** @param {HTMLTableRowElement} row @param {Instrument} instrument */
function fillInstrument(row, instrument) {
  const { ticksPerSecond, clients, lastTickAgeMs } = instrument;
  setCells(row, [nameOf(instrument), rate(ticksPerSecond), count(clients), age(lastTickAgeMs)]);
}

/** @param {HTMLTableRowElement} row @param {Thread} thread */
function fillThread(row, { name, loopDelayP99Ms, gcMs, utilization, restarts }) {
  setCells(row, [name, latency(loopDelayP99Ms), latency(gcMs), share(utilization), count(restarts)]);
}

/**
 * The stations that the stamps of a tick name, and what lies between them.
 *
 * @param {EngineView['segments']} segments
 * @param {EngineView['hops']} hops
 */
function showPath(segments, hops) {
  const list = find('#path ol');
  if (list.childElementCount === 0) {
    for (const [name, meaning] of STATIONS) {
      const item = document.createElement('li');
      const [title, figure, words] = ['b', 'span', 'small'].map((tag) => document.createElement(tag));
      item.append(/** @type {Node} */ (title), /** @type {Node} */ (figure), /** @type {Node} */ (words));
      setText(/** @type {Node} */ (title), name);
      setText(/** @type {Node} */ (words), meaning);
      list.append(item);
    }
  }
  const delays = segments.flatMap(({ delayMs }) => delayMs ?? []);
  const broker =
    delays.length === 0 ? null : delays.reduce((worst, delay) => (delay.p50 > worst.p50 ? delay : worst));
  const legs = [broker, hops.receive_to_publish, hops.publish_to_send, hops.receive_to_send];
  for (const [i, item] of [...list.children].entries()) {
    const leg = legs[i] ?? null;
    const text = leg === null ? '–' : `${latency(leg.p50)} · ${latency(leg.p99)}`;
    setText(find('span', HTMLElement, item), text);
  }
}

/** @type {readonly (readonly [string, string])[]} */
const STATIONS = [
  ['exchange → receive', 'the broker, its slowest segment'],
  ['receive → publish', 'read, decoded, numbered'],
  ['publish → send', 'to the thread of the client, encoded'],
  ['receive → send', 'all of it here: frame to socket'],
];

/** @param {EngineView['clockOffset']} offset */
function clockNote(offset) {
  const figures = 'Median and p99 of the last second, of the last ten from exchange to receive.';
  if (offset === null)
    return `${figures} The clock of this machine has not been compared with the exchange's yet.`;
  const { ms, uncertaintyMs } = offset;
  const within = uncertaintyMs == null ? '' : ` (± ${latency(uncertaintyMs)})`;
  if (ms === 0) return `${figures} Nothing says that this machine's clock is wrong${within}.`;
  return `${figures} This machine's clock is ${ms > 0 ? 'ahead' : 'behind'} by at least ${latency(Math.abs(ms))}${within}.`;
}

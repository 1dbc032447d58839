/**
 * The operator's four questions, answered from what the engine tells: each in a word that can be read from afar, and one
 * line of figures behind it.
 *
 * @import { EngineView } from '../src/main/ops/engine-view.ts'
 * @import { LossWatch } from './loss-watch.js'
 */
import { ago, bytes, count, duration, latency, plural } from './format.js';

/**
 * @typedef {'good' | 'warn' | 'bad' | 'unknown'} State
 * @typedef {{ readonly state: State, readonly word: string, readonly detail: string }} Verdict
 */

/** Without a tick for so long, either the market is closed or something is wrong: a trader wants to know which. */
export const QUIET_MS = 5000;
/** Of p99, in ms: what a person calls late, and what the alert TickwireLate rings for. */
const HOP_LATE_MS = { warn: 20, bad: 50 };
/** Of the median, in ms, as the alert TickwireBrokerLate: of a segment with few ticks p99 is but the latest one. */
const BROKER_LATE_MS = { warn: 2000, bad: 10_000 };

/** @type {Verdict} */
export const UNKNOWN = { state: 'unknown', word: 'Unknown', detail: 'No word from the engine.' };

/** @param {EngineView} view @returns {Verdict} */
export function judgeAlive({ host, ready, upstreams, segments, rates, clients }) {
  const down = upstreams.filter(({ state }) => state !== 'live');
  const ages = segments.flatMap(({ lastTickAgeMs }) => lastTickAgeMs ?? []);
  const youngest = ages.length === 0 ? null : Math.min(...ages);
  const wanted = upstreams.reduce((sum, { instruments }) => sum + instruments, 0);
  const lines = `${count(upstreams.length - down.length)} of ${plural(upstreams.length, host.role === 'proxy' ? 'feed host' : 'connection')} live`;
  if (!ready.ok)
    return { state: 'bad', word: 'No', detail: ready.reasons.join(' ') || 'The engine is not ready.' };
  if (upstreams.length > 0 && down.length === upstreams.length) {
    return { state: 'bad', word: 'No', detail: `${lines}: ${down[0]?.detail || down[0]?.state}` };
  }
  if (down.length > 0) {
    return {
      state: 'warn',
      word: 'Partly',
      detail: `${lines}; connection ${down[0]?.feed}: ${down[0]?.detail || down[0]?.state}`,
    };
  }
  // A proxy host has no instruments of its own to look at: what comes through it tells.
  if (host.role === 'proxy' && clients.total > 0) {
    if (rates.ticksPerSecond > 0) return { state: 'good', word: 'Yes', detail: `${lines}; ticks come` };
    return { state: 'warn', word: 'Silent', detail: `${lines}; no ticks now: is the market closed?` };
  }
  if (wanted === 0) return { state: 'good', word: 'Idle', detail: `${lines}; nothing is subscribed` };
  if (youngest === null) return { state: 'warn', word: 'Silent', detail: `${lines}; no tick has come yet` };
  if (youngest > QUIET_MS && rates.ticksPerSecond === 0) {
    return {
      state: 'warn',
      word: 'Silent',
      detail: `${lines}; no tick for ${duration(youngest)}: is the market closed?`,
    };
  }
  return {
    state: 'good',
    word: 'Yes',
    detail: `${lines}; last tick ${ago(youngest)}`,
  };
}

/** @param {number} value @param {{ warn: number, bad: number }} bounds @returns {State} */
const grade = (value, bounds) => (value >= bounds.bad ? 'bad' : value >= bounds.warn ? 'warn' : 'good');

/** The slowest segment's delay, since a mean would hide it. @param {EngineView['segments']} segments */
function worstSegment(segments) {
  let worst = null;
  for (const { exchange, delayMs } of segments) {
    if (delayMs !== null && (worst === null || delayMs.p50 > worst.p50)) worst = { exchange, ...delayMs };
  }
  return worst;
}

/** @param {EngineView} view @returns {Verdict} */
export function judgeLate({ host, hops, segments }) {
  const hop = hops.receive_to_send ?? hops.receive_to_publish;
  const worst = worstSegment(segments);
  if (hop === null && worst === null)
    return { state: 'unknown', word: 'No ticks', detail: 'Nothing to measure now.' };
  const own = hop === null ? 'good' : grade(hop.p99, HOP_LATE_MS);
  const brokers = worst === null ? 'good' : grade(worst.p50, BROKER_LATE_MS);
  const parts = [
    hop === null ? null : `frame to ${host.role === 'feed' ? 'bus' : 'socket'} ${latency(hop.p99)} (p99)`,
    worst === null ? null : `broker ${latency(worst.p50)} on ${worst.exchange} (median)`,
  ];
  const state = [own, brokers].includes('bad') ? 'bad' : [own, brokers].includes('warn') ? 'warn' : 'good';
  const whose = own === 'good' ? 'Broker late' : 'Late';
  return {
    state,
    word: state === 'good' ? 'On time' : whose,
    detail: parts.filter((part) => part !== null).join('; '),
  };
}

/** @param {EngineView} view @returns {Verdict} */
export function judgeSlow({ host, clients }) {
  if (host.clientUrl === null) {
    return { state: 'good', word: 'No clients', detail: 'They connect to the proxy hosts.' };
  }
  const { total, slow, backlogBytes } = clients;
  const waiting = backlogBytes === 0 ? '' : `; ${bytes(backlogBytes)} wait to be read`;
  if (total === 0) return { state: 'good', word: 'Nobody', detail: 'No client is connected.' };
  if (slow === 0) {
    const all = total === 1 ? 'The one client keeps up' : `All ${count(total)} clients keep up`;
    return { state: 'good', word: 'Nobody', detail: all + waiting };
  }
  const detail = `of ${count(total)}${waiting}`;
  return { state: slow * 2 > total ? 'bad' : 'warn', word: plural(slow, 'client'), detail };
}

/** What each place of `tickwire_lost_total{where}` is called in a sentence. @type {ReadonlyMap<string, string>} */
const PLACES = new Map([
  ['upstream_frames', 'unreadable frames of the broker'],
  ['ring_to_clients', 'ticks on the way to clients'],
  ['ring_to_bus', 'ticks on the way to the bus'],
  ['bus_to_clients', 'ticks between bus and clients'],
  ['client_socket', 'ticks at the sockets of clients'],
  ['openalgo_bus', 'unreadable messages of OpenAlgo’s bus'],
  ['recorder', 'frames that were not recorded'],
  ['orders', 'order updates'],
]);

/** @param {EngineView} view @param {LossWatch} losses @returns {Verdict} */
export function judgeLost({ lost }, losses) {
  const places = Object.entries(lost).filter(([, number]) => number > 0);
  if (places.length === 0) return { state: 'good', word: 'Nothing', detail: 'since the start' };
  places.sort(([, a], [, b]) => b - a);
  const sum = places.reduce((total, [, number]) => total + number, 0);
  const where = places.map(([place, number]) => `${count(number)} ${PLACES.get(place) ?? place}`).join(', ');
  const since = losses.sinceLast();
  const when = since === null ? 'none since this page looks' : `the last ${ago(since)}`;
  return { state: losses.isRecent() ? 'bad' : 'warn', word: count(sum), detail: `${where}; ${when}` };
}

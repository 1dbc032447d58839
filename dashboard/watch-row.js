/** One instrument of the watch list: its row, and how fresh what it shows is. */
import { age as ageText, change, count, nameOf, percent, price, time } from './format.js';
import { emptyRow, setText } from './keyed-rows.js';

/** @import { InstrumentName, Tick, TickData } from './client-link.js' */

const CELLS = 7;
const TREND_TICKS = 120;
const WIDTH = 100;
const HEIGHT = 22;
const SVG = 'http://www.w3.org/2000/svg';
/** A price older than this is grey, whatever the reason. */
export const STALE_MS = 5000;

/** @param {number} value */
const arrow = (value) => (value > 0 ? '▲' : value < 0 ? '▼' : '');
const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class WatchRow {
  exchange;
  symbol;
  row = emptyRow(CELLS);
  /** Why it cannot be watched, as the engine says it. */
  refusal = '';
  #line = document.createElementNS(SVG, 'polyline');
  /** @type {TickData | null} */
  #data = null;
  /** @type {number[]} */
  #prices = [];
  /** By performance.now(), 0 before the first live tick. */
  #tickAt = 0;
  #feedStatus = '';
  #isDirty = true;
  /** @type {number | null} */
  #shown = null;

  /**
   * @param {InstrumentName} name
   * @param {(row: WatchRow) => void} onChoose
   * @param {(row: WatchRow) => void} onRemove
   */
  constructor({ exchange, symbol }, onChoose, onRemove) {
    this.exchange = exchange;
    this.symbol = symbol;
    const { cells } = this.row;
    const choose = document.createElement('button');
    choose.textContent = symbol;
    const place = document.createElement('span');
    place.className = 'note';
    place.textContent = exchange;
    cells[0]?.append(choose, ' ', place);
    const [amount, share] = ['span', 'span'].map((tag) => document.createElement(tag));
    /** @type {HTMLElement} */ (share).className = 'part';
    cells[2]?.append(/** @type {Node} */ (amount), ' ', /** @type {Node} */ (share));
    this.row.onclick = () => onChoose(this);
    const trend = document.createElementNS(SVG, 'svg');
    trend.setAttribute('viewBox', `0 -2 ${WIDTH} ${HEIGHT + 4}`);
    trend.setAttribute('preserveAspectRatio', 'none');
    trend.setAttribute('aria-hidden', 'true');
    trend.append(this.#line);
    cells[5]?.append(trend);
    const remove = document.createElement('button');
    remove.textContent = '×';
    remove.className = 'quiet';
    remove.setAttribute('aria-label', `Remove ${nameOf(this)}`);
    remove.onclick = (event) => {
      event.stopPropagation();
      onRemove(this);
    };
    cells[6]?.append(remove);
  }

  /** @param {Tick} tick */
  take({ data, snapshot, stale }) {
    this.#data = data;
    this.#isDirty = true;
    this.refusal = '';
    if (snapshot || stale) return;
    this.#tickAt = performance.now();
    if (data.ltp !== null && this.#prices.push(data.ltp) > TREND_TICKS) this.#prices.shift();
  }

  /** @param {string} status */
  setFeedStatus(status) {
    this.#feedStatus = status === 'live' ? '' : status.replace('_', ' ');
  }

  /** At most once per frame of the screen, however fast ticks come. @param {boolean} isLive whether the connection is */
  paint(isLive) {
    const { row } = this;
    const { cells } = row;
    const age = performance.now() - this.#tickAt;
    const isStale = !isLive || this.#tickAt === 0 || age > STALE_MS || this.#feedStatus !== '';
    row.classList.toggle('stale', isStale);
    row.classList.toggle('refused', this.refusal !== '');
    setText(/** @type {Node} */ (cells[4]), this.#ageText(isLive, age));
    if (!this.#isDirty || this.#data === null) return;
    this.#isDirty = false;
    const {
      ltp,
      change: amount,
      change_percent,
      volume,
      close,
    } = /** @type {Record<string, number | null>} */ (this.#data);
    const last = /** @type {HTMLElement} */ (cells[1]);
    setText(last, price(ltp));
    const hasChange = amount != null && close != null && close > 0;
    const moved = /** @type {HTMLElement} */ (cells[2]);
    moved.className = !hasChange || amount === 0 ? '' : amount > 0 ? 'up' : 'down';
    const [amountText, shareText] = moved.children;
    setText(/** @type {Node} */ (amountText), hasChange ? `${arrow(amount)} ${change(amount)}` : '–');
    setText(/** @type {Node} */ (shareText), hasChange ? `(${percent(change_percent ?? 0)})` : '');
    setText(/** @type {Node} */ (cells[3]), this.exchange.endsWith('_INDEX') ? '–' : count(volume));
    this.#flash(last, /** @type {number | null} */ (ltp));
    this.#drawTrend();
  }

  /** @param {boolean} isLive @param {number} age ms */
  #ageText(isLive, age) {
    if (this.refusal !== '') return this.refusal;
    if (this.#data === null) return isLive ? 'waiting …' : '–';
    if (this.#feedStatus !== '') return this.#feedStatus;
    if (this.#tickAt === 0) return time(Number(this.#data.ltt || this.#data.timestamp));
    return ageText(age);
  }

  /** @param {HTMLElement} cell @param {number | null} ltp */
  #flash(cell, ltp) {
    const before = this.#shown;
    this.#shown = ltp;
    if (before === null || ltp === null || before === ltp || calm.matches) return;
    cell.animate([{ backgroundColor: ltp > before ? 'var(--bid)' : 'var(--ask)' }, {}], 600);
  }

  #drawTrend() {
    const prices = this.#prices;
    const step = WIDTH / (Math.max(40, prices.length) - 1);
    const low = Math.min(...prices);
    const span = Math.max(...prices) - low || 1;
    const pointOf = (/** @type {number} */ value, /** @type {number} */ i) =>
      `${WIDTH - (prices.length - 1 - i) * step},${HEIGHT - ((value - low) / span) * HEIGHT}`;
    this.#line.setAttribute('points', prices.map(pointOf).join(' '));
  }
}

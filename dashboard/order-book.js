/** The book of the chosen instrument, five levels or twenty where the broker has them. */
import { bodyOf, find } from './elements.js';
import { count, price } from './format.js';
import { setText } from './keyed-rows.js';
import { STALE_MS } from './watch-row.js';

/** @import { InstrumentName, Level, Tick, TickData } from './client-link.js' */

/** Five levels are those of mode 3; more are those of the design's mode 4. */
const DEPTH = 3;
const DEEP = 4;
/** @type {readonly (readonly [string, string, (value: number) => string])[]} */
const FIGURES = [
  ['open', 'Open', price],
  ['high', 'High', price],
  ['low', 'Low', price],
  ['close', 'Prev. close', price],
  ['average_price', 'Average', price],
  ['volume', 'Volume', count],
  ['oi', 'Open interest', count],
];

export class OrderBook {
  #section = find('#book');
  #body = bodyOf('#book');
  #note = find('#book-note');
  #ask;
  #levels = 5;
  /** @type {InstrumentName | null} */
  #name = null;
  /** Of five levels, with the figures of the day. @type {TickData | null} */
  #data = null;
  /** @type {TickData | null} */
  #deep = null;
  #tickAt = 0;
  #refusal = '';

  /** @param {(request: object) => void} ask of the clients' socket */
  constructor(ask) {
    this.#ask = ask;
    const buttons = [...document.querySelectorAll('#book-levels button')];
    for (const button of /** @type {HTMLButtonElement[]} */ (buttons)) {
      button.onclick = () => {
        for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
        this.#change(this.#name, Number(button.dataset.levels));
      };
    }
    this.#list();
  }

  /** What a new connection has to ask for. @returns {readonly object[]} */
  get requests() {
    return this.#name === null ? [] : this.#modes.map((mode) => this.#request('subscribe', mode));
  }

  /** @param {InstrumentName | null} name */
  choose(name) {
    this.#change(name, this.#levels);
  }

  /** @param {Tick} tick */
  take({ mode, data, snapshot, stale }) {
    if (data.symbol !== this.#name?.symbol || data.exchange !== this.#name.exchange) return;
    if (mode === DEPTH) this.#data = data;
    else this.#deep = data;
    this.#refusal = '';
    if (!snapshot && !stale && mode === this.#modes.at(-1)) this.#tickAt = performance.now();
  }

  /** @param {string} message why it cannot be shown */
  refuse(message) {
    this.#refusal = message;
  }

  /** @param {boolean} isLive whether the connection is */
  paint(isLive) {
    const { buy = [], sell = [] } = this.#shown?.depth ?? {};
    const isStale = !isLive || performance.now() - this.#tickAt > STALE_MS || this.#tickAt === 0;
    this.#section.classList.toggle('stale', isStale);
    setText(
      find('#book-name'),
      this.#name === null ? 'Order book' : `${this.#name.symbol} · ${this.#name.exchange}`,
    );
    const rows = Math.max(5, buy.length, sell.length);
    this.#setRows(rows);
    const most = Math.max(1, ...[...buy, ...sell].map(({ quantity }) => quantity ?? 0));
    for (const [i, { cells }] of [...this.#body.rows].entries()) {
      paintLevel(buy[i], /** @type {HTMLElement} */ (cells[0]), /** @type {HTMLElement} */ (cells[1]), most);
      paintLevel(sell[i], /** @type {HTMLElement} */ (cells[3]), /** @type {HTMLElement} */ (cells[2]), most);
    }
    setText(this.#note, this.#words(isLive, buy.length + sell.length));
    for (const [field, , format] of FIGURES) {
      const value = this.#data?.[field];
      setText(
        find(`#book [data-field=${field}]`),
        typeof value === 'number' && value > 0 ? format(value) : '–',
      );
    }
  }

  get #modes() {
    return this.#levels === 5 ? [DEPTH] : [DEPTH, DEEP];
  }

  get #shown() {
    return this.#levels === 5 ? this.#data : this.#deep;
  }

  /** @param {string} action @param {number} mode */
  #request(action, mode) {
    const { exchange, symbol } = /** @type {InstrumentName} */ (this.#name);
    return { action, exchange, symbol, mode, ...(mode === DEPTH ? {} : { depth_level: this.#levels }) };
  }

  /** @param {InstrumentName | null} name @param {number} levels */
  #change(name, levels) {
    if (name === this.#name && levels === this.#levels) return;
    const before = this.#name === null ? [] : this.#modes.map((mode) => this.#request('unsubscribe', mode));
    for (const request of before) this.#ask(request);
    this.#name = name;
    this.#levels = levels;
    this.#data = this.#deep = null;
    this.#tickAt = 0;
    this.#refusal = '';
    for (const request of this.requests) this.#ask(request);
  }

  /** @param {boolean} isLive @param {number} levels */
  #words(isLive, levels) {
    if (this.#refusal !== '') return this.#refusal;
    if (this.#name === null) return 'Choose an instrument of the watch list.';
    if (this.#shown === null) return isLive ? 'Waiting for the first book …' : 'No connection.';
    if (levels === 0) return 'This instrument has no book.';
    return this.#shown.broker_message ?? '';
  }

  #list() {
    const list = find('#book dl');
    for (const [field, title] of FIGURES) {
      const pair = document.createElement('div');
      const [term, value] = ['dt', 'dd'].map((tag) => document.createElement(tag));
      setText(/** @type {Node} */ (term), title);
      /** @type {HTMLElement} */ (value).dataset.field = field;
      pair.append(/** @type {Node} */ (term), /** @type {Node} */ (value));
      list.append(pair);
    }
  }

  /** @param {number} rows */
  #setRows(rows) {
    while (this.#body.rows.length > rows) this.#body.deleteRow(-1);
    while (this.#body.rows.length < rows) {
      const row = this.#body.insertRow();
      for (let i = 0; i < 4; i++) row.insertCell();
    }
  }
}

/** @param {Level | undefined} level @param {HTMLElement} amount @param {HTMLElement} at @param {number} most of all levels */
function paintLevel(level, amount, at, most) {
  const isFilled = level?.price != null && level.price > 0;
  setText(at, isFilled ? price(level.price) : '–');
  setText(amount, isFilled ? `${count(level.quantity)} (${count(level.orders)})` : '–');
  amount.style.setProperty('--share', isFilled ? `${((level.quantity ?? 0) / most) * 100}%` : '0%');
}

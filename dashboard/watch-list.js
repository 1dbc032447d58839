/** The instruments that whoever looks wants to see tick. The list is kept in this browser. */
import { ClientLink } from './client-link.js';
import { bodyOf, find } from './elements.js';
import { nameOf } from './format.js';
import { setText, showNone, showRows } from './keyed-rows.js';
import { OrderBook } from './order-book.js';
import { WatchRow } from './watch-row.js';

/** @import { Entry, InstrumentName } from './client-link.js' */

const QUOTE = 2;
const KEPT_LIST = 'tickwire-watch';
const KEPT_KEY = 'tickwire-api-key';
/** Ages are told in words, so they change without ticks. */
const REPAINT_MS = 500;

export class WatchList {
  #body = bodyOf('#watch');
  #state = find('#watch-state');
  #keyForm = find('#watch-key', HTMLFormElement);
  /** @type {Map<string, WatchRow>} */
  #rows = new Map();
  /** @type {WatchRow | null} */
  #chosen = null;
  /** @type {ClientLink | null} */
  #link = null;
  #address = '';
  #key = '';
  #isLive = false;
  #isPaintAsked = false;
  #book = new OrderBook((request) => this.#link?.ask(request));

  constructor() {
    this.#keyForm.onsubmit = (event) => {
      event.preventDefault();
      const field = find('#api-key', HTMLInputElement);
      sessionStorage.setItem(KEPT_KEY, field.value.trim());
      field.value = '';
      this.#connect(this.#address, sessionStorage.getItem(KEPT_KEY) ?? '');
    };
    find('#watch-add', HTMLFormElement).onsubmit = (event) => {
      event.preventDefault();
      this.#add(find('#watch-name', HTMLInputElement));
    };
    setInterval(() => this.#askPaint(), REPAINT_MS);
  }

  /**
   * @param {string} address of the clients' listener
   * @param {readonly InstrumentName[]} names what is shown to who has chosen nothing yet
   * @param {string | null} demoKey
   */
  open(address, names, demoKey) {
    if (this.#rows.size === 0) this.#setNames(keptNames() ?? names);
    this.#connect(address, demoKey ?? sessionStorage.getItem(KEPT_KEY) ?? '');
  }

  /** What is offered to who adds an instrument. @param {readonly string[]} names as in NSE:RELIANCE */
  suggest(names) {
    const list = find('#names', HTMLDataListElement);
    const sorted = names.toSorted();
    // A list that is made anew closes under whoever looks through it.
    if ([...list.options].map(({ value }) => value).join() === sorted.join()) return;
    const options = sorted.map((name) => {
      const option = document.createElement('option');
      option.value = name;
      return option;
    });
    list.replaceChildren(...options);
  }

  /** @param {string} words why there is nothing to watch here */
  closeWith(words) {
    this.#link?.close();
    this.#link = null;
    this.#isLive = false;
    this.#keyForm.hidden = true;
    setText(this.#state, words);
  }

  /** @param {string} address @param {string} key */
  #connect(address, key) {
    this.#keyForm.hidden = key !== '';
    const isSame = address === this.#address && key === this.#key && this.#link !== null;
    this.#address = address;
    if (isSame) return this.#link?.hurry();
    this.#key = key;
    this.#link?.close();
    this.#link = null;
    if (key === '')
      return setText(this.#state, 'Live ticks come as clients get them: with an API key of this engine.');
    setText(this.#state, 'Connecting …');
    this.#link = new ClientLink(address, key, () => this.#requests(), {
      onTick: (tick) => {
        if (tick.mode === QUOTE) this.#rows.get(nameOf(tick.data))?.take(tick);
        else this.#book.take(tick);
        this.#askPaint();
      },
      onFeedStatus: ({ status, instruments }) => {
        for (const name of instruments) this.#rows.get(nameOf(name))?.setFeedStatus(status);
      },
      onEntry: (entry) => this.#takeEntry(entry),
      onState: (isLive, words) => {
        this.#isLive = isLive;
        setText(this.#state, words);
        this.#askPaint();
      },
      onWrongKey: (message) => {
        sessionStorage.removeItem(KEPT_KEY);
        this.closeWith(message);
        this.#keyForm.hidden = false;
      },
    });
  }

  /** @param {Entry} entry of a confirmation */
  #takeEntry({ exchange, symbol, status, message = '', mode }) {
    if (status !== 'error') return;
    const row = this.#rows.get(nameOf({ exchange, symbol }));
    if (row !== undefined) row.refusal = message;
    if (row === this.#chosen && mode !== undefined) this.#book.refuse(message);
    this.#askPaint();
  }

  #requests() {
    const symbols = [...this.#rows.values()].map(({ exchange, symbol }) => ({ exchange, symbol }));
    if (symbols.length === 0) return [];
    return [{ action: 'subscribe', mode: QUOTE, symbols }, ...this.#book.requests];
  }

  /** @param {HTMLInputElement} field */
  #add(field) {
    const [, exchange = '', symbol = ''] = /^\s*([A-Za-z_]+):(\S.*?)\s*$/.exec(field.value) ?? [];
    const name = { exchange: exchange.toUpperCase(), symbol };
    const output = find('#watch-error');
    if (symbol === '') return setText(output, 'Write exchange and symbol, as in NSE:RELIANCE.');
    setText(output, '');
    field.value = '';
    const row = this.#rows.get(nameOf(name));
    if (row !== undefined) return this.#choose(row);
    this.#setNames([...this.#rows.values(), name]);
    this.#keep();
    this.#link?.ask({ action: 'subscribe', mode: QUOTE, symbols: [name] });
  }

  /** @param {WatchRow} row */
  #remove(row) {
    const { exchange, symbol } = row;
    this.#setNames([...this.#rows.values()].filter((each) => each !== row));
    this.#keep();
    if (row.refusal === '') this.#link?.ask({ action: 'unsubscribe', exchange, symbol, mode: QUOTE });
  }

  #keep() {
    const names = [...this.#rows.values()].map(({ exchange, symbol }) => ({ exchange, symbol }));
    localStorage.setItem(KEPT_LIST, JSON.stringify(names));
  }

  /** @param {readonly InstrumentName[]} names */
  #setNames(names) {
    const rowOf = (/** @type {InstrumentName} */ name) =>
      this.#rows.get(nameOf(name)) ??
      new WatchRow(
        name,
        (row) => this.#choose(row),
        (row) => this.#remove(row),
      );
    this.#rows = new Map(names.map((name) => [nameOf(name), rowOf(name)]));
    const rows = [...this.#rows.values()];
    if (rows.length === 0) showNone(this.#body, 'Add an instrument below.');
    else
      showRows(
        this.#body,
        rows,
        nameOf,
        ({ row }) => row,
        () => {},
      );
    if (this.#chosen !== null && rows.includes(this.#chosen)) return;
    this.#choose(rows.find(({ exchange }) => !exchange.endsWith('_INDEX')) ?? rows[0] ?? null);
  }

  /** @param {WatchRow | null} row */
  #choose(row) {
    if (row === this.#chosen) return;
    this.#chosen = row;
    for (const each of this.#rows.values()) {
      each.row.classList.toggle('chosen', each === row);
      each.row.querySelector('button')?.setAttribute('aria-pressed', String(each === row));
    }
    this.#book.choose(row);
    this.#askPaint();
  }

  #askPaint() {
    if (this.#isPaintAsked) return;
    this.#isPaintAsked = true;
    requestAnimationFrame(() => {
      this.#isPaintAsked = false;
      for (const row of this.#rows.values()) row.paint(this.#isLive);
      this.#book.paint(this.#isLive);
    });
  }
}

/** @returns {InstrumentName[] | null} null where this browser has none, or something else in its place */
function keptNames() {
  try {
    const names = JSON.parse(localStorage.getItem(KEPT_LIST) ?? '');
    return Array.isArray(names) && names.every(({ exchange, symbol }) => `${exchange}${symbol}` !== '')
      ? names
      : null;
  } catch {
    return null;
  }
}

/**
 * The page as a client like any other: the watch list's ticks come over the clients' own socket, so they show what clients
 * get, as late as clients get it.
 */

/**
 * @typedef {{ readonly exchange: string, readonly symbol: string }} InstrumentName
 * @typedef {{ readonly price: number | null, readonly quantity: number | null, readonly orders: number | null }} Level
 * @typedef {{ readonly ltp: number | null, readonly depth?: { readonly buy: readonly Level[], readonly sell: readonly Level[] },
 *   readonly broker_message?: string, readonly symbol: string, readonly exchange: string, readonly [field: string]: unknown }} TickData
 * @typedef {{ readonly type: 'market_data', readonly mode: number, readonly data: TickData, readonly snapshot?: boolean,
 *   readonly stale?: boolean, readonly actual_depth_level?: number }} Tick
 * @typedef {{ readonly type: 'feed_status', readonly status: string, readonly reason: string, readonly instruments: readonly InstrumentName[] }} FeedStatus
 * @typedef {InstrumentName & { readonly status: string, readonly message?: string, readonly mode?: number | string }} Entry
 * @typedef {{ readonly onTick: (tick: Tick) => void, readonly onFeedStatus: (status: FeedStatus) => void,
 *   readonly onEntry: (entry: Entry) => void, readonly onState: (isLive: boolean, words: string) => void, readonly onWrongKey: (message: string) => void }} Listeners
 */

const SILENT_MS = 5000;
const DEAD_MS = 15_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 5000;
/** The key may be good, but cannot be checked now: the code is that of a wrong one. */
const NOT_NOW = /try again/;

export class ClientLink {
  #address;
  #key;
  #listeners;
  #requests;
  /** @type {WebSocket | null} */
  #socket = null;
  #isAuthenticated = false;
  #heardAt = 0;
  #pinged = false;
  #retryMs = RETRY_FIRST_MS;
  #retryAt = Number.POSITIVE_INFINITY;
  #refusal = '';
  /** @type {ReturnType<typeof setInterval>} */
  #watch;

  /**
   * @param {string} address `ws://…`
   * @param {string} key of a client
   * @param {() => readonly object[]} requests what is subscribed, asked anew with each connection
   * @param {Listeners} listeners
   */
  constructor(address, key, requests, listeners) {
    this.#address = address;
    this.#key = key;
    this.#requests = requests;
    this.#listeners = listeners;
    this.#watch = setInterval(() => this.#look(), 500);
    this.#connect();
  }

  /** @param {object} request dropped while there is no connection: the next one begins with all that is wanted */
  ask(request) {
    if (this.#isAuthenticated) this.#socket?.send(JSON.stringify(request));
  }

  /** The engine is known to be back: there is no sense in waiting on. */
  hurry() {
    if (this.#socket === null) this.#connect();
  }

  close() {
    clearInterval(this.#watch);
    this.#drop();
  }

  #connect() {
    this.#retryAt = Number.POSITIVE_INFINITY;
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    this.#refusal = '';
    // As if asked already, so that a handshake without an answer ends too.
    this.#heardAt = performance.now();
    this.#pinged = true;
    socket.onopen = () =>
      socket.send(
        JSON.stringify({ action: 'authenticate', api_key: this.#key, features: ['snapshot', 'status'] }),
      );
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = ({ code, reason }) =>
      this.#lose(
        this.#refusal ||
          (code === 1006 ? 'The clients’ address cannot be reached.' : `Closed: ${reason || code}.`),
      );
  }

  /** @param {Record<string, any>} message */
  #take(message) {
    this.#heardAt = performance.now();
    this.#pinged = false;
    const { type } = message;
    if (type === 'market_data') return this.#listeners.onTick(/** @type {Tick} */ (message));
    if (type === 'feed_status') return this.#listeners.onFeedStatus(/** @type {FeedStatus} */ (message));
    if (type === 'auth') {
      this.#isAuthenticated = true;
      this.#retryMs = RETRY_FIRST_MS;
      this.#listeners.onState(true, '');
      for (const request of this.#requests()) this.ask(request);
      return;
    }
    for (const entry of message.subscriptions ?? []) this.#listeners.onEntry(entry);
    if (message.status !== 'error' && type !== 'error') return;
    if (message.code === 'AUTHENTICATION_ERROR') {
      if (NOT_NOW.test(message.message)) return this.#lose(message.message);
      this.close();
      this.#listeners.onWrongKey(message.message);
    } else if (message.symbol !== undefined)
      this.#listeners.onEntry(/** @type {Entry} */ ({ ...message, status: 'error' }));
    else this.#refusal = `${message.message} (${message.code})`;
  }

  #look() {
    const now = performance.now();
    if (now >= this.#retryAt) this.#connect();
    if (this.#socket === null) return;
    // A line that died without a word looks like a quiet market: so the engine is asked.
    if (this.#pinged && now - this.#heardAt > DEAD_MS) this.#lose('The engine does not answer.');
    else if (!this.#pinged && now - this.#heardAt > SILENT_MS) {
      this.#pinged = true;
      this.ask({ action: 'ping' });
    }
  }

  /** @param {string} words */
  #lose(words) {
    this.#drop();
    this.#retryAt = performance.now() + this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    this.#listeners.onState(false, words);
  }

  #drop() {
    this.#isAuthenticated = false;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}

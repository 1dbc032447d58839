/**
 * The socket to the engine's operator. What it brings is fresh, or the page is told within three seconds that it is not:
 * a closed socket says so itself, a wedged engine or a dead line says nothing.
 *
 * @import { EngineView, ClientView, HistoryPoint } from '../src/main/ops/engine-view.ts'
 * @import { SubscriptionListing } from '../src/workers/client-messages.ts'
 */

/**
 * @typedef {{ readonly exchange: string, readonly symbol: string }} InstrumentName
 * @typedef {{ readonly watch: readonly InstrumentName[], readonly demoKey: string | null, readonly simulated: boolean, readonly replayed: boolean }} PageData
 * @typedef {{ readonly type: 'welcome', readonly rights: 'admin' | 'viewer', readonly view: EngineView, readonly history: readonly HistoryPoint[], readonly page?: PageData | null }} Welcome
 * @typedef {{ readonly at: number, readonly level: string, readonly message: string, readonly fields: Readonly<Record<string, unknown>> }} LogLine
 * @typedef {{ readonly type: 'log', readonly lines: readonly LogLine[], readonly first?: boolean }} LogNews
 * @typedef {{ readonly name: string, readonly value: string, readonly source: string | null, readonly doc: string, readonly reloadable: boolean }} OptionInForce
 * @typedef {{ readonly type: 'clients', readonly clients: readonly ClientView[], readonly total: number }} ClientNews
 * @typedef {SubscriptionListing & { readonly type: 'subscriptions', readonly id: string }} SubscriptionNews
 * @typedef {Welcome | LogNews | ClientNews | SubscriptionNews | { readonly type: 'view', readonly view: EngineView }
 *   | { readonly type: 'config', readonly options: readonly OptionInForce[] }
 *   | { readonly type: 'done', readonly do: string }
 *   | { readonly type: 'error', readonly code: string, readonly message: string, readonly do?: string }} News
 * @typedef {'connecting' | 'live' | 'away' | 'refused'} LinkState
 */

/** Views come each second: three without one are no hiccup. */
export const AWAY_MS = 3000;
/** A line that died without a word is never closed by itself. */
const HALF_OPEN_MS = 8000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 3000;
const WATCH_MS = 250;
const WRONG_KEY = 4401;

export class EngineLink {
  #key;
  #onNews;
  #onState;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {LinkState} */
  #state = 'connecting';
  #newsAt = performance.now();
  #openedAt = 0;
  #viewAt = 0;
  #retryMs = RETRY_FIRST_MS;
  /** @type {number | null} by performance.now() */
  #retryAt = null;
  #refusal = '';
  /** @type {ReturnType<typeof setInterval>} */
  #watch;

  /**
   * @param {string} key
   * @param {{ onNews: (news: News) => void, onState: (state: LinkState, why: string) => void }} listeners
   */
  constructor(key, { onNews, onState }) {
    this.#key = key;
    this.#onNews = onNews;
    this.#onState = onState;
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
    // Timers of a hidden tab hardly run: what it shows is judged before anybody reads it.
    document.addEventListener('visibilitychange', this.#look);
    this.#connect();
  }

  get state() {
    return this.#state;
  }

  /** ms since the engine last told something new. */
  get silence() {
    return performance.now() - this.#newsAt;
  }

  /** ms until the next attempt, null while none is planned. */
  get retryIn() {
    return this.#retryAt === null ? null : Math.max(0, this.#retryAt - performance.now());
  }

  /** @param {Readonly<Record<string, unknown>>} request @returns whether it was sent */
  ask(request) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  close() {
    clearInterval(this.#watch);
    document.removeEventListener('visibilitychange', this.#look);
    this.#drop();
  }

  #connect() {
    this.#retryAt = null;
    const address = new URL('live', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#refusal = '';
    this.#openedAt = performance.now();
    socket.onopen = () => socket.send(JSON.stringify({ key: this.#key }));
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lose(code);
  }

  /** @param {News} news */
  #take(news) {
    // Later ones are about single requests, and do not say why a connection ends.
    if (news.type === 'error' && this.#state !== 'live') this.#refusal = news.message;
    if (news.type !== 'welcome' && news.type !== 'view') return this.#onNews(news);
    // A view that is told again is no news: the part of the engine that makes them may have stopped.
    if (news.type === 'view' && news.view.at === this.#viewAt) return;
    try {
      this.#onNews(news);
    } catch (error) {
      // What was not shown must not count as fresh, whoever's fault it is.
      this.#setState('away', `This page cannot show what the engine says (${error}): load it again.`);
      throw error;
    }
    this.#viewAt = news.view.at;
    this.#newsAt = performance.now();
    this.#retryMs = RETRY_FIRST_MS;
    this.#setState('live', '');
  }

  /** @param {number} code */
  #lose(code) {
    this.#drop();
    if (code === WRONG_KEY) {
      clearInterval(this.#watch);
      this.#setState('refused', this.#refusal || 'The engine does not know this key.');
      return;
    }
    const why = code === 1001 ? 'The engine is stopping or starting again.' : 'The engine cannot be reached.';
    this.#retryAt = performance.now() + this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    this.#setState('away', this.#refusal || why);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #look = () => {
    if (this.#retryAt !== null && performance.now() >= this.#retryAt) this.#connect();
    // A handshake without an answer must end too.
    if (this.#socket !== null && performance.now() - Math.max(this.#newsAt, this.#openedAt) > HALF_OPEN_MS) {
      this.#lose(0);
    } else if (this.#state === 'live' && this.silence > AWAY_MS) {
      this.#setState('away', 'The engine says nothing.');
    }
  };

  /** @param {LinkState} state @param {string} why */
  #setState(state, why) {
    const isSame = state === this.#state && state === 'live';
    this.#state = state;
    if (!isSame) this.#onState(state, why);
  }
}

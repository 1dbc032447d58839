/** The dashboard: what the engine tells, put where it belongs; and nothing of it shown as fresh when the engine is away. */
import { ChartHistory } from './chart-history.js';
import { Charts } from './charts.js';
import { showSubscriptions } from './client-subscriptions.js';
import { showClients } from './clients-table.js';
import { askWhenOpened, isOpen, showOptions } from './configuration.js';
import { find } from './elements.js';
import { EngineLink } from './engine-link.js';
import { showTables } from './engine-tables.js';
import { duration, nameOf } from './format.js';
import { showFreshness } from './freshness.js';
import { showHeadline, showNoHeadline } from './headline.js';
import { setText } from './keyed-rows.js';
import { showLines } from './log-tail.js';
import { forgetKey, keepKey, takeKey } from './session-key.js';
import { WatchList } from './watch-list.js';

/**
 * @import { EngineView } from '../src/main/ops/engine-view.ts'
 * @import { LinkState, News, Welcome } from './engine-link.js'
 */

const CLIENTS_SHOWN = 200;
const LOG_LINES = 200;
const NOTICE_MS = 8000;

const page = find('#dashboard');
const signIn = find('#sign-in', HTMLFormElement);
const charts = { drawn: /** @type {Charts | null} */ (null), history: new ChartHistory() };
const watchList = new WatchList();
/** @type {EngineLink | null} */
let link = null;
/** @type {EngineView | null} */
let view = null;
/** By performance.now(): with the view's own time it tells the engine's clock, whatever this machine's says. */
let viewAt = 0;
/** @type {'admin' | 'viewer'} */
let rights = 'viewer';
let why = '';

/** @param {string} key */
function open(key) {
  link?.close();
  signIn.hidden = true;
  showNoHeadline();
  link = new EngineLink(key, { onNews: take, onState: setState });
  tellState();
}

/** @param {News} news */
function take(news) {
  if (news.type === 'welcome') welcome(news);
  else if (news.type === 'view') showView(news.view);
  else if (news.type === 'clients') {
    showClients(news.clients, news.total, view?.at ?? Date.now(), {
      askSubscriptions: (id) => ask({ do: 'subscriptions', id }),
      disconnect: rights === 'admin' ? disconnect : null,
    });
  } else if (news.type === 'subscriptions') showSubscriptions(news, view?.at ?? Date.now());
  else if (news.type === 'log') showLines(news.lines, news.first === true);
  else if (news.type === 'config') showOptions(news.options);
  else if (news.type === 'done') notify(news.do === 'disconnect' ? 'Disconnected.' : 'Done.');
  else if (news.type === 'error') notify(`${news.message} (${news.code})`);
}

/** What a click asks for. @param {Readonly<Record<string, unknown>>} request */
function ask(request) {
  const isAsked = link?.ask(request) ?? false;
  if (!isAsked) notify('Not asked: the engine is away.');
}

/** @param {string} id of a client */
function disconnect(id) {
  const isAsked = link?.ask({ do: 'disconnect', id }) ?? false;
  if (!isAsked) notify('Not disconnected: the engine is away.');
}

/** @param {Welcome} news */
function welcome(news) {
  rights = news.rights;
  setText(find('#rights'), rights === 'admin' ? 'full rights' : 'read-only');
  find('#forget-key').hidden = false;
  page.hidden = false;
  document.body.dataset.role = news.view.host.role;
  charts.drawn ??= new Charts();
  charts.history.join(news.history);
  showView(news.view);
  link?.ask({ do: 'clients', limit: CLIENTS_SHOWN });
  link?.ask({ do: 'log', last: LOG_LINES });
  if (isOpen()) link?.ask({ do: 'config' });
  openWatchList(news);
}

/** @param {Welcome} news */
function openWatchList({ view: { host }, page: data }) {
  const madeUp = find('#made-up');
  madeUp.hidden = host.broker !== 'simulated' && data?.simulated !== true && data?.replayed !== true;
  setText(
    madeUp,
    data?.replayed ? 'replay: prices are not of now' : 'simulated exchange: prices are made up',
  );
  if (host.clientUrl === null)
    return watchList.closeWith('Clients connect to the proxy hosts: watch ticks there.');
  const address = new URL(host.clientUrl);
  // A listener on every address says none that a browser elsewhere could use.
  if (['0.0.0.0', '[::]'].includes(address.hostname)) address.hostname = location.hostname;
  watchList.open(address.href, data?.watch ?? [], data?.demoKey ?? null);
}

/** @param {EngineView} news */
function showView(news) {
  view = news;
  viewAt = performance.now();
  const { at, rates, hops, host, topInstruments } = news;
  const hop = hops.receive_to_send;
  charts.history.add({ at, ...rates, p50: hop?.p50 ?? null, p99: hop?.p99 ?? null });
  showHeadline(news);
  showTables(news);
  setText(
    find('#host'),
    [`${host.role} ${host.version}`, host.broker, `up ${duration(at - host.startedAt)}`]
      .filter(Boolean)
      .join(' · '),
  );
  watchList.suggest(topInstruments.map(nameOf));
  drawCharts();
}

function drawCharts() {
  if (view !== null && !page.hidden) charts.drawn?.show(charts.history, view.at + performance.now() - viewAt);
}

/** @param {LinkState} state @param {string} words */
function setState(state, words) {
  why = words;
  if (state !== 'live') showNoHeadline();
  if (state === 'refused') {
    forgetKey();
    page.hidden = true;
    askKey(words);
  }
  tellState();
}

/** @param {string} words what was wrong with the last one */
function askKey(words) {
  signIn.hidden = false;
  find('#forget-key').hidden = true;
  setText(find('#sign-in-error'), words);
  find('#key', HTMLInputElement).focus();
}

function tellState() {
  const last = view && { role: view.host.role, at: view.at, now: view.at + performance.now() - viewAt };
  showFreshness(link?.state ?? 'refused', why, last, link?.retryIn ?? null);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let noticeEnd;
/** @param {string} words */
function notify(words) {
  const notice = find('#notice');
  notice.hidden = false;
  setText(notice, words);
  clearTimeout(noticeEnd);
  noticeEnd = setTimeout(() => {
    notice.hidden = true;
  }, NOTICE_MS);
}

function begin() {
  const key = takeKey();
  if (key === null) askKey('');
  else open(key);
}

signIn.onsubmit = (event) => {
  event.preventDefault();
  const field = find('#key', HTMLInputElement);
  keepKey(field.value.trim());
  open(field.value.trim());
  field.value = '';
};
find('#forget-key').onclick = () => {
  forgetKey();
  location.reload();
};
askWhenOpened(() => link?.ask({ do: 'config' }));
addEventListener('hashchange', begin);
setInterval(tellState, 250);
// While the engine is away charts and ages go on without it, so that its absence is seen.
setInterval(() => {
  if (link?.state !== 'away' || view === null) return;
  drawCharts();
  showTables(view, performance.now() - viewAt);
}, 1000);
begin();

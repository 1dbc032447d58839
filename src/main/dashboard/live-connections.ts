/**
 * The dashboards that are open: who may see what, and what each is sent. The first message of a connection is its key; until
 * then it is told nothing. Thread of the operator's listener.
 */
import type { WebSocket } from 'uWebSockets.js';
import { TokenBucket } from '../../workers/proxy/admission/token-bucket.ts';
import type { ClientView, HistoryPoint } from '../ops/engine-view.ts';
import type { LogLine } from '../ops/log-tail.ts';
import { digestOf, type KeyCheck, type Rights } from './key-check.ts';
import { parseLiveMessage, readLiveRequest, requestName } from './live-request.ts';
import type { FromOperator, LiveRequest, OperatorTask, ToOperator, WatchPage } from './operator-messages.ts';

export interface LiveData {
  readonly address: string;
  connection: LiveConnection | undefined;
}

export type LiveSocket = Pick<WebSocket<LiveData>, 'getUserData' | 'send' | 'end' | 'close'>;

interface LiveConnection {
  readonly id: number;
  readonly socket: LiveSocket;
  readonly address: string;
  /** Null until its key was good. */
  rights: Rights | null;
  /** Of that key, else ''. */
  digest: string;
  /** It was told the present, and is told what comes. */
  isWelcome: boolean;
  /** Of its requests, so that it does not take what others of its key may ask. */
  readonly allowance: TokenBucket;
  /** Longest list of clients that it wants, 0 for none. */
  clients: number;
  followsLog: boolean;
  /** It is told no more, and is closed in a moment. */
  isEnding: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Those without a key; the one that has waited longest makes room. */
const MAX_STRANGERS = 16;
const KEY_TIMEOUT_MS = 10_000;
/** How long the verdict on a wrong key takes: nobody who types notices, and who guesses waits. */
const WRONG_KEY_DELAY_MS = 1000;
const HISTORY_S = 300;
/** A view that is older is not shown as the present. */
const FRESH_MS = 1500;

const REQUESTS_PER_SECOND = 10;
const REQUEST_BURST = 20;
/** Of all who have the same key: it does not matter to main how many connections ask. */
const KEY_REQUESTS_PER_SECOND = 20;
const KEY_REQUEST_BURST = 60;

const CLOSE = { GOING_AWAY: 1001, NO_KEY: 4401, TOO_MANY: 4429 } as const;

function allowanceOfKey(): TokenBucket {
  return new TokenBucket(KEY_REQUESTS_PER_SECOND, KEY_REQUEST_BURST, performance.now());
}

export class LiveConnections {
  readonly #keys: KeyCheck;
  readonly #post: (message: FromOperator) => void;
  readonly #connections = new Map<number, LiveConnection>();
  /** Of requests, each of which takes some of main's time. */
  readonly #allowances: Readonly<Record<Rights, TokenBucket>> = {
    admin: allowanceOfKey(),
    viewer: allowanceOfKey(),
  };
  #history: HistoryPoint[];
  #view: string | null = null;
  /** ms of performance.now() */
  #viewAt = Number.NEGATIVE_INFINITY;
  #page: WatchPage | null;
  #nextId = 1;
  #watching = '';

  constructor(
    keys: KeyCheck,
    { history, page }: Pick<OperatorTask, 'history' | 'page'>,
    post: (message: FromOperator) => void,
  ) {
    this.#keys = keys;
    this.#history = [...history];
    this.#page = page;
    this.#post = post;
  }

  get size(): number {
    return this.#connections.size;
  }

  open(socket: LiveSocket): void {
    const { address } = socket.getUserData();
    const strangers = [...this.#connections.values()].filter(({ rights }) => rights === null);
    if (strangers.length >= MAX_STRANGERS) strangers[0]!.socket.close();
    const connection: LiveConnection = {
      id: this.#nextId++,
      socket,
      address,
      rights: null,
      digest: '',
      isWelcome: false,
      allowance: new TokenBucket(REQUESTS_PER_SECOND, REQUEST_BURST, performance.now()),
      clients: 0,
      followsLog: false,
      isEnding: false,
      timer: setTimeout(
        () => this.#end(connection, CLOSE.NO_KEY, 'AUTH_TIMEOUT', 'no key came'),
        KEY_TIMEOUT_MS,
      ),
    };
    socket.getUserData().connection = connection;
    this.#connections.set(connection.id, connection);
  }

  message(socket: LiveSocket, bytes: ArrayBuffer): void {
    const { connection } = socket.getUserData();
    if (connection === undefined || connection.isEnding) return;
    const message = parseLiveMessage(bytes);
    if (connection.rights === null) {
      this.#present(connection, typeof message?.key === 'string' ? message.key : '');
      return;
    }
    if (!this.#mayAsk(connection.allowance, connection.rights)) {
      const text = 'more requests than anybody has by hand: ask again in a moment';
      this.#refuse(connection, requestName(message), 'TOO_MANY_REQUESTS', text);
      return;
    }
    const request = readLiveRequest(message);
    if (typeof request === 'string')
      this.#refuse(connection, requestName(message), 'REQUEST_INVALID', request);
    else if (request.do === 'disconnect' && connection.rights !== 'admin') {
      const text = 'this key may look at everything and change nothing; the admin key may disconnect clients';
      this.#refuse(connection, request.do, 'ADMIN_ONLY', text);
    } else this.#ask(connection, request);
  }

  close(socket: LiveSocket): void {
    const { connection } = socket.getUserData();
    if (connection === undefined) return;
    clearTimeout(connection.timer);
    socket.getUserData().connection = undefined;
    this.#connections.delete(connection.id);
    this.#tellWhoWatches();
  }

  /** What main says for those who look. @returns false for what is none of it */
  handle(message: ToOperator): boolean {
    switch (message.type) {
      case 'point':
        this.#history.push(message.point);
        if (this.#history.length > HISTORY_S) this.#history.shift();
        return true;
      case 'view':
        this.#onView(message.view);
        return true;
      case 'place':
        this.#page = message.page;
        return true;
      case 'answer':
        this.#send(this.#connections.get(message.connection), message.text);
        return true;
      case 'clients':
        this.#onClients(message.clients, message.total);
        return true;
      case 'logSoFar':
        this.#beginLog(message.connection, message.lines);
        return true;
      case 'logLines':
        this.#onLogLines(message.lines);
        return true;
      default:
        return false;
    }
  }

  /** Keys are others now: whose key opens nothing any more, or something else, has to come again. */
  reviewKeys(): void {
    for (const connection of [...this.#connections.values()]) {
      const { rights, digest } = connection;
      if (rights === null || this.#keys.rightsOf(digest) === rights) continue;
      this.#end(connection, CLOSE.NO_KEY, 'KEY_CHANGED', 'the keys of the dashboard have changed');
    }
  }

  /** Tells everybody that this end goes away. */
  stop(): void {
    for (const connection of [...this.#connections.values()]) {
      clearTimeout(connection.timer);
      connection.socket.end(CLOSE.GOING_AWAY, 'going away');
    }
  }

  #mayAsk(own: TokenBucket, rights: Rights): boolean {
    const now = performance.now();
    return own.take(1, now) && this.#allowances[rights].take(1, now);
  }

  #present(connection: LiveConnection, key: string): void {
    clearTimeout(connection.timer);
    const verdict = this.#keys.look(key, connection.address);
    if (verdict === 'admin' || verdict === 'viewer') {
      connection.rights = verdict;
      connection.digest = digestOf(key);
      // While nobody looked main told little: it tells more when it hears that somebody does.
      if (performance.now() - this.#viewAt < FRESH_MS) this.#welcome(connection, verdict);
      this.#tellWhoWatches();
      return;
    }
    connection.isEnding = true;
    if (verdict === 'paced') {
      const text = 'too many wrong keys came from this address: wait for some seconds';
      this.#end(connection, CLOSE.TOO_MANY, 'TOO_MANY_ATTEMPTS', text);
      return;
    }
    this.#post({ type: 'wrongKey', address: connection.address });
    connection.timer = setTimeout(() => {
      const text = 'this key opens no dashboard; tickwire dashboard prints the link that does';
      this.#end(connection, CLOSE.NO_KEY, 'WRONG_KEY', text);
    }, WRONG_KEY_DELAY_MS);
  }

  #welcome(connection: LiveConnection, rights: Rights): void {
    connection.isWelcome = true;
    const [page, history] = [JSON.stringify(this.#page), JSON.stringify(this.#history)];
    const head = `{"type":"welcome","rights":"${rights}","page":${page},"history":${history}`;
    this.#send(connection, `${head},"view":${this.#view}}`);
  }

  #ask(connection: LiveConnection, request: LiveRequest): void {
    if (request.do === 'clients') connection.clients = request.limit;
    if (request.do === 'log') connection.followsLog = false;
    this.#tellWhoWatches();
    if (request.do === 'log' && request.last === 0) return;
    this.#post({ type: 'request', connection: connection.id, request });
  }

  #onView(view: string): void {
    this.#view = view;
    this.#viewAt = performance.now();
    const text = `{"type":"view","view":${view}}`;
    for (const connection of this.#connections.values()) {
      if (connection.rights === null || connection.isEnding) continue;
      if (connection.isWelcome) this.#send(connection, text);
      else this.#welcome(connection, connection.rights);
    }
  }

  #onClients(clients: readonly ClientView[], total: number): void {
    for (const connection of this.#connections.values()) {
      if (connection.clients === 0) continue;
      const shown = clients.slice(0, connection.clients);
      this.#send(connection, JSON.stringify({ type: 'clients', clients: shown, total }));
    }
  }

  #beginLog(id: number, lines: readonly LogLine[]): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    connection.followsLog = true;
    this.#send(connection, JSON.stringify({ type: 'log', first: true, lines }));
    this.#tellWhoWatches();
  }

  #onLogLines(lines: readonly LogLine[]): void {
    const text = JSON.stringify({ type: 'log', first: false, lines });
    for (const connection of this.#connections.values())
      if (connection.followsLog) this.#send(connection, text);
  }

  #refuse(connection: LiveConnection, what: string, code: string, message: string): void {
    this.#send(connection, JSON.stringify({ type: 'error', do: what, code, message }));
  }

  #end(connection: LiveConnection, close: number, code: string, message: string): void {
    connection.isEnding = true;
    this.#send(connection, JSON.stringify({ type: 'error', code, message }));
    if (this.#connections.has(connection.id)) connection.socket.end(close, code);
  }

  /** A dashboard that does not read is closed by the library at its limit, which closes it within this very call. */
  #send(connection: LiveConnection | undefined, text: string): void {
    if (connection !== undefined && this.#connections.has(connection.id)) connection.socket.send(text);
  }

  #tellWhoWatches(): void {
    const watchers = [...this.#connections.values()].filter(({ rights }) => rights !== null);
    const clients = Math.max(0, ...watchers.map((each) => each.clients));
    const log = watchers.some((each) => each.followsLog);
    const state = JSON.stringify([watchers.length, clients, log]);
    if (state === this.#watching) return;
    this.#watching = state;
    this.#post({ type: 'watching', connections: watchers.length, clients, log });
  }
}

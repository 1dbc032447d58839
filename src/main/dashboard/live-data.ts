/**
 * What dashboards are told: how things are, once a second, and what they ask for. While nobody looks next to nothing is put
 * together. Whatever fails here is logged and ends neither a tick nor the process. Main thread.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ClientList, MissingClient } from '../ops/client-list.ts';
import type { HistoryPoint } from '../ops/engine-view.ts';
import type { LogTail } from '../ops/log-tail.ts';
import type { OptionView } from './config-view.ts';
import type { FromOperator, LiveRequest, ToOperator } from './operator-messages.ts';
import { ViewCollector, type ViewCollectorParts } from './view-collector.ts';

const INTERVAL_MS = 1000;
/** The list of clients comes with each second view. */
const CLIENTS_EVERY = 2;
/** While nobody looks: often enough that the first who does sees rates, and seldom enough to cost nothing. */
const UNWATCHED_EVERY = 5;
/** Between two lists, however often somebody asks: each takes some of the time of the threads that ticks pass through. */
const LIST_PAUSE_MS = 250;
const HISTORY_S = 300;
/** Of one client: more than anybody reads, and some 40 kB. */
const MAX_SUBSCRIPTIONS = 500;

type Watching = Extract<FromOperator, { readonly type: 'watching' }>;

const NOBODY: Watching = { type: 'watching', connections: 0, clients: 0, log: false };

export interface LiveDataParts {
  readonly log: Logger;
  /** Null where the lines of the log are not kept. */
  readonly logTail: LogTail | null;
  readonly clients: ClientList;
  readonly view: ViewCollectorParts;
  /** The configuration in force. */
  readonly options: () => readonly OptionView[];
  /** Tells the thread of the listener. */
  readonly post: (message: ToOperator) => void;
}

export class LiveData {
  readonly #parts: LiveDataParts;
  readonly #collector: ViewCollector;
  readonly #history: HistoryPoint[] = [];
  #watching = NOBODY;
  #logPosition = 0;
  #timer: NodeJS.Timeout | undefined;
  #isListing = false;
  /** ms of performance.now() */
  #listedAt = Number.NEGATIVE_INFINITY;
  #seconds = 0;
  #trouble = '';
  #clientsTrouble = '';

  constructor(parts: LiveDataParts) {
    this.#parts = parts;
    this.#collector = new ViewCollector(parts.view);
  }

  /** The last minutes, for a thread that takes the place of another. */
  get history(): readonly HistoryPoint[] {
    return this.#history;
  }

  start(): void {
    this.#logPosition = this.#parts.logTail?.position ?? 0;
    this.#tell();
    this.#timer = setInterval(() => this.#tell(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The thread of the listener has gone, and who looked with it. */
  forgetWatchers(): void {
    this.#watching = NOBODY;
  }

  /** Others look, or at other things. The first is not kept waiting. */
  onWatching(watching: Watching): void {
    const isFirst = this.#watching.connections === 0 && watching.connections > 0;
    this.#watching = watching;
    if (!isFirst || this.#timer === undefined) return;
    this.#guard(() => this.#postView());
    this.#showClients();
  }

  /** A dashboard asks. */
  onRequest(connection: number, request: LiveRequest): void {
    this.#answer(connection, request).catch((error: unknown) => {
      this.#parts.log.error({ err: error, request: request.do }, 'the dashboard cannot be answered');
    });
  }

  /** Each second. */
  #tell(): void {
    this.#guard(() => {
      this.#seconds++;
      const point = this.#collector.point(Date.now());
      this.#history.push(point);
      if (this.#history.length > HISTORY_S) this.#history.shift();
      this.#parts.post({ type: 'point', point });
      const isWatched = this.#watching.connections > 0;
      if (isWatched || this.#seconds % UNWATCHED_EVERY === 0) this.#postView();
      if (this.#watching.log) this.#postLog();
      if (isWatched && this.#seconds % CLIENTS_EVERY === 0) this.#showClients();
    });
  }

  /** What cannot be told is logged once, and does not end the process. */
  #guard(tell: () => void): void {
    try {
      tell();
      this.#trouble = '';
    } catch (error) {
      this.#trouble = this.#note(error, this.#trouble);
    }
  }

  /** As `#guard` does with what fails later. */
  #showClients(): void {
    this.#listClients().then(
      () => {
        this.#clientsTrouble = '';
      },
      (error: unknown) => {
        this.#clientsTrouble = this.#note(error, this.#clientsTrouble);
      },
    );
  }

  /** @param before what was logged last; @returns what is now */
  #note(error: unknown, before: string): string {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== before)
      this.#parts.log.error({ err: error }, 'the dashboard cannot be told how things are');
    return message;
  }

  #postView(): void {
    const view = this.#collector.collect(Date.now(), performance.now());
    this.#parts.post({ type: 'view', view: JSON.stringify(view) });
  }

  #postLog(): void {
    const { logTail } = this.#parts;
    if (logTail === null) return;
    const lines = logTail.since(this.#logPosition);
    this.#logPosition = logTail.position;
    if (lines.length > 0) this.#parts.post({ type: 'logLines', lines });
  }

  async #listClients(): Promise<void> {
    if (this.#isListing) return;
    this.#isListing = true;
    try {
      const waitMs = this.#listedAt + LIST_PAUSE_MS - performance.now();
      if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
      this.#listedAt = performance.now();
      const names = this.#collector.top.map(({ exchange, symbol }) => ({ exchange, symbol }));
      const { clients, total, holders } = await this.#parts.clients.describe(this.#watching.clients, names);
      this.#collector.noteHolders(names, holders);
      if (this.#watching.clients > 0) this.#parts.post({ type: 'clients', clients, total });
    } finally {
      this.#isListing = false;
    }
  }

  async #answer(connection: number, request: LiveRequest): Promise<void> {
    const say = (answer: object) =>
      this.#parts.post({ type: 'answer', connection, text: JSON.stringify({ ...answer, do: request.do }) });
    switch (request.do) {
      case 'clients':
        if (request.limit > 0) await this.#listClients();
        break;
      case 'config':
        say({ type: 'config', options: this.#parts.options() });
        break;
      case 'log':
        // Those who follow it already have read up to here, and so has this one.
        this.#postLog();
        this.#logPosition = this.#parts.logTail?.position ?? 0;
        this.#parts.post({
          type: 'logSoFar',
          connection,
          lines: this.#parts.logTail?.last(request.last) ?? [],
        });
        break;
      case 'subscriptions':
        say(await this.#subscriptions(request.id));
        break;
      case 'disconnect':
        say(await this.#disconnect(request.id));
        break;
    }
  }

  async #disconnect(id: string): Promise<object> {
    const outcome = await this.#parts.clients.disconnect(id);
    this.#parts.log.warn({ client: id, outcome }, 'the operator disconnects a client');
    return outcome === 'done' ? { type: 'done', id } : missing(id, outcome);
  }

  async #subscriptions(id: string): Promise<object> {
    const outcome = await this.#parts.clients.subscriptions(id, MAX_SUBSCRIPTIONS);
    return typeof outcome === 'string' ? missing(id, outcome) : { type: 'subscriptions', id, ...outcome };
  }
}

function missing(id: string, why: MissingClient): object {
  if (why === 'unknown') {
    const message = `client ${id} is not connected any more`;
    return { type: 'error', code: 'CLIENT_NOT_FOUND', message, id };
  }
  const message = `the thread of client ${id} did not answer in time; look whether the client is still there`;
  return { type: 'error', code: 'WORKER_SILENT', message, id };
}

/** A dashboard as the page in a browser would be one: its WebSocket, and nothing of ours on the wire. */
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type RawData, WebSocket } from 'ws';
import type { ClientView, EngineView } from '../../src/main/ops/engine-view.ts';
import { until } from './until.ts';

export type LiveMessage = Readonly<Record<string, unknown>> & { readonly type: string };

export interface LiveDashboardOptions {
  /** Of the handshake. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The certificate that a server with TLS has. */
  readonly ca?: string;
}

export class LiveDashboard {
  readonly socket: WebSocket;
  readonly received: LiveMessage[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: RawData) => this.received.push(JSON.parse(String(data))));
    socket.on('close', (code: number, reason: Buffer) => {
      this.closed = { code, reason: reason.toString('utf8') };
    });
    socket.on('error', () => {});
  }

  /** Connected, and without a key. @param url of the dashboard */
  static async connect(
    t: Pick<TestContext, 'after'>,
    url: string,
    { headers = {}, ca }: LiveDashboardOptions = {},
  ): Promise<LiveDashboard> {
    const address = new URL('live', url.replace(/^http/, 'ws'));
    const socket = new WebSocket(address, { headers, ...(ca === undefined ? {} : { ca }) });
    const dashboard = new LiveDashboard(socket);
    t.after(() => socket.terminate());
    await once(socket, 'open');
    return dashboard;
  }

  /** Connected and welcome. */
  static async open(t: Pick<TestContext, 'after'>, url: string, key: string): Promise<LiveDashboard> {
    const dashboard = await LiveDashboard.connect(t, url);
    dashboard.say({ key });
    await dashboard.message('welcome');
    return dashboard;
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Asks, and resolves with the first answer behind it that is of the type. */
  ask(message: object, type: string): Promise<LiveMessage> {
    const from = this.received.length;
    this.say(message);
    return until(`an answer of the type ${type}`, () =>
      this.received.slice(from).find((each) => each.type === type),
    );
  }

  /** The first message of a type, also one that has come already. */
  message(type: string): Promise<LiveMessage> {
    return until(`a message of the type ${type}`, () => this.received.find((each) => each.type === type));
  }

  /** The latest view that is so. */
  view(what: string, isSo: (view: EngineView) => boolean): Promise<EngineView> {
    return until(what, () => {
      const last = this.received.findLast(({ type }) => type === 'view' || type === 'welcome');
      const view = last?.view as EngineView | null | undefined;
      return view !== undefined && view !== null && isSo(view) && view;
    });
  }

  /** Asks for the list of clients until it is so. */
  clients(what: string, isSo: (clients: readonly ClientView[]) => boolean): Promise<readonly ClientView[]> {
    return until(what, async () => {
      const { clients } = await this.ask({ do: 'clients', limit: 1000 }, 'clients');
      return isSo(clients as ClientView[]) && (clients as ClientView[]);
    });
  }

  untilClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    return until('the end of the connection', () => this.closed);
  }
}

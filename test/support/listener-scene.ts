/** The clients' listener by itself, in the thread of the test, with limits as configured. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { initialOptions } from '../../src/codec/connection-options.ts';
import { AdmissionDesk } from '../../src/main/admission/admission-desk.ts';
import { clientLimits } from '../../src/main/admission/client-limits.ts';
import { loadConfig } from '../../src/main/config.ts';
import { ProxyLimits } from '../../src/workers/proxy/admission/proxy-limits.ts';
import { CLOSE } from '../../src/workers/proxy/connection/close-codes.ts';
import { ProxyServer, type ServerEvents } from '../../src/workers/proxy/connection/proxy-server.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { USAGE, UsageTable } from '../../src/workers/usage-table.ts';
import { writeTlsFiles } from './tls-files.ts';
import { TEST_TLS } from './tls-identity.ts';

const MIB = 1024 * 1024;
export const UPGRADE =
  'GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: QW4gb3JkaW5hcnkga2V5IQ==\r\n\r\n';
export const PAGE = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n';

export interface ListenerOptions {
  readonly argv?: readonly string[];
  readonly isTls?: boolean;
  readonly pageHtml?: string;
  readonly events?: Partial<ServerEvents>;
}

export class ListenerScene {
  readonly server: ProxyServer;
  readonly limits: ProxyLimits;
  readonly #usage: UsageTable;
  readonly #isTls: boolean;
  readonly port: Promise<number | null>;
  readonly #sockets: Socket[] = [];
  #isClosed = false;

  constructor(t: TestContext, options: ListenerOptions = {}) {
    const { argv = [], isTls = false, pageHtml = '<p>page</p>', events } = options;
    const { config } = loadConfig({ argv, env: {}, cwd: '/nonexistent' });
    const desk = new AdmissionDesk({
      limits: clientLimits(config),
      workers: 1,
      post: () => {},
      log: { warn: () => {} },
    });
    const task = desk.task(0);
    const limits = new ProxyLimits(task, 1000, new SubscriptionIndex(), {
      post: (message) => desk.onMessage(0, message, () => {}),
      onRefused: () => {},
    });
    this.limits = limits;
    this.#isTls = isTls;
    this.#usage = new UsageTable(task.usage, 1);
    this.server = new ProxyServer(
      {
        tls: isTls ? writeTlsFiles(t, TEST_TLS) : null,
        isPortShared: false,
        compression: false,
        maxMessageBytes: MIB,
        maxBackpressureBytes: MIB,
        keepAliveMs: 60_000,
        initialOptions: (query) => initialOptions(query, 'openalgo'),
        limits,
        pageHtml,
        pageData: () => '{}',
      },
      () => ({ message: () => undefined, drain: () => {}, close: () => {}, longTurn: () => {}, ...events }),
    );
    this.port = this.server.listen('127.0.0.1', 0);
    t.after(() => this.close());
  }

  /** Sockets that are no client's, and clients, as all workers see them. */
  get held(): { readonly handshakes: number; readonly connections: number } {
    const [handshakes, connections] = [this.#usage.sum(USAGE.HANDSHAKES), this.#usage.sum(USAGE.CONNECTIONS)];
    return { handshakes, connections };
  }

  /** A socket that has been asked for, and may not be there yet. @param bytes sent as soon as it is */
  async socket(bytes = '', localAddress = '127.0.0.1'): Promise<Socket> {
    const address = { port: (await this.port)!, host: '127.0.0.1', localAddress };
    const socket = this.#isTls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
    this.#sockets.push(socket);
    socket.on('error', () => {});
    if (bytes !== '') socket.write(bytes);
    return socket;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.server.close(() => CLOSE.GOING_AWAY);
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** The first line of what the other end says; null when it closes without a word. */
export async function firstLine(socket: Socket): Promise<string | null> {
  const abort = new AbortController();
  const { signal } = abort;
  try {
    const first = await Promise.race([
      once(socket, 'data', { signal }).then(([bytes]) => String(bytes)),
      once(socket, 'close', { signal }).then(() => null),
    ]);
    return first?.split('\r\n')[0] ?? null;
  } finally {
    abort.abort();
  }
}

/**
 * The app behind the clients' port, and those before it whose certificate was replaced. The library reads a certificate when
 * it makes an app, and shows it to whoever names no host as long as the app lives; so another certificate is another app,
 * which takes over the port within a turn of the event loop. Clients stay with the app that they came to, and get their ticks
 * from its topics, until they leave. Proxy worker thread.
 */
import {
  App,
  SSLApp,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
} from 'uWebSockets.js';
import type { TlsFiles } from '../../reload-messages.ts';
import { publisherOf } from './compression.ts';
import { listen } from './listen.ts';

type Publisher = Pick<TemplatedApp, 'publish'>;

/** An app, and who came to it. */
export interface AppMembers {
  clients: number;
}

interface Generation extends AppMembers {
  readonly app: TemplatedApp;
  readonly publisher: Publisher;
}

export interface ListenerAppsOptions {
  /** Null for plain HTTP and WebSocket. */
  readonly tls: TlsFiles | null;
  /** Several workers listen on the port. */
  readonly isPortShared: boolean;
  /** Whether clients may have their messages compressed. */
  readonly compression: boolean;
  /** Gives an app its handlers, which are to keep the count of its clients. */
  readonly wire: (app: TemplatedApp, members: AppMembers) => void;
}

export class ListenerApps {
  readonly #options: ListenerAppsOptions;
  /** All that there were; the last one accepts. One that nobody is left at costs some KiB, and a handshake may still lead to it. */
  readonly #generations: Generation[] = [];
  #tls: TlsFiles | null;
  #host = '';
  #port = 0;
  #socket: us_listen_socket | undefined;

  constructor(options: ListenerAppsOptions) {
    this.#options = options;
    this.#tls = options.tls;
    this.#generations.push(this.#make(options.tls));
  }

  /** Where ticks are published. Without TLS there is one app for ever. */
  get publisher(): Publisher {
    return this.#tls === null ? this.#last.publisher : { publish: this.#publishToAll };
  }

  /** Resolves with the port, or with null when the address cannot be bound. */
  async listen(host: string, port: number): Promise<number | null> {
    this.#host = host;
    const bound = await this.#open(this.#last, port);
    this.#port = bound ?? 0;
    return bound;
  }

  /**
   * Shows those who come from now on another certificate.
   * @returns why it does not, '' when it does; then the one before stays
   * @throws when nobody can come any more
   */
  async replaceTls(tls: TlsFiles): Promise<string> {
    if (this.#tls === null || this.#socket === undefined || tls.version === this.#tls.version) return '';
    let next: Generation;
    try {
      next = this.#make(tls);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const before = this.#last;
    // A port that is not shared is free when its listener is closed. Nothing has its turn in between.
    this.stopAccepting();
    if ((await this.#open(next, this.#port)) === null) {
      next.app.close();
      if ((await this.#open(before, this.#port)) !== null) return `port ${this.#port} was taken meanwhile`;
      throw Object.assign(new Error(`port ${this.#port} was lost`), { code: 'PORT_IN_USE' });
    }
    this.#tls = tls;
    this.#generations.push(next);
    return '';
  }

  /** Whoever comes finds nobody. */
  stopAccepting(): void {
    if (this.#socket !== undefined) us_listen_socket_close(this.#socket);
    this.#socket = undefined;
  }

  /** Frees every native handle. */
  close(): void {
    this.stopAccepting();
    for (const { app } of this.#generations) app.close();
  }

  readonly #publishToAll: Publisher['publish'] = (topic, message, isBinary = false) => {
    let isSent = false;
    for (const { clients, publisher } of this.#generations)
      if (clients > 0 && publisher.publish(topic, message, isBinary)) isSent = true;
    return isSent;
  };

  get #last(): Generation {
    return this.#generations.at(-1)!;
  }

  #make(tls: TlsFiles | null): Generation {
    const { compression, wire } = this.#options;
    const app = tls === null ? App() : SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile });
    const generation = { app, publisher: publisherOf(app, compression), clients: 0 };
    wire(app, generation);
    return generation;
  }

  async #open({ app }: Generation, port: number): Promise<number | null> {
    const listener = await listen(app, this.#host, port, this.#options.isPortShared);
    this.#socket = listener?.socket;
    return listener?.port ?? null;
  }
}

/** A client that takes one step after the other: opens, authenticates, subscribes. Each step ends with its answer. */
import { EXCHANGE } from './bench-instruments.ts';
import { PendingAnswer } from './pending-answer.ts';
import { type ClientRequest, RawClient } from './raw-client.ts';

export interface AskingClientEvents {
  tick(receivedUs: number, intendedUs: number, bytes: number): void;
  /** The connection ended, and nobody here had asked for it. */
  lost(reason: string): void;
}

const QUOTE = 2;
/** More than what one read of a socket brings. */
const BUFFER_BYTES = 256 * 1024;

export class AskingClient {
  readonly #client: RawClient;
  readonly #opened = Promise.withResolvers<void>();
  readonly #answer = new PendingAnswer();

  constructor(url: string, events: AskingClientEvents) {
    this.#opened.promise.catch(() => undefined);
    this.#client = new RawClient(
      { url, form: 'json', mode: 'quote', bufferBytes: BUFFER_BYTES },
      {
        tick: (receivedUs, intendedUs, bytes) => events.tick(receivedUs, intendedUs, bytes),
        control: (message) => this.#answer.resolve(message),
        open: () => this.#opened.resolve(),
        lost: (reason) => {
          const error = new Error(`connection lost: ${reason}`);
          this.#opened.reject(error);
          this.#answer.reject(error);
          events.lost(reason);
        },
      },
    );
  }

  /** Resolves when requests may be sent. @throws Error when the connection ends before */
  open(): Promise<void> {
    return this.#opened.promise;
  }

  /** @throws Error when the answer is none of success, or there is none in time */
  async authenticate(apiKey: string, features: readonly string[] = []): Promise<void> {
    await this.#ask({ action: 'authenticate', api_key: apiKey, features });
  }

  /** To quotes, in one request. @throws Error when the answer is none of success, or there is none in time */
  async subscribe(symbols: readonly string[]): Promise<void> {
    const wanted = symbols.map((symbol) => ({ symbol, exchange: EXCHANGE }));
    await this.#ask({ action: 'subscribe', symbols: wanted, mode: QUOTE });
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.#client.pause();
  }

  resume(): void {
    this.#client.resume();
  }

  close(): void {
    this.#client.close();
  }

  #ask(request: ClientRequest): Promise<void> {
    return this.#answer.of(
      () => this.#client.send(request),
      () => `no answer to ${request.action}`,
    );
  }
}

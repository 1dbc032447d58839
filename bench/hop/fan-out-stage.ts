/** A server that publishes and clients that only read, each in a process of its own. */
import { join } from 'node:path';
import { ChildProgram } from '../harness/child-program.ts';
import type { ScenarioContext } from '../harness/scenario.ts';
import { until } from '../harness/until.ts';
import type { PublishOptions, PublishResult, PublishServer } from './publish-server.ts';
import type { ReadingClients, ReadingOptions } from './reading-clients.ts';

export type FanOutCell = Pick<PublishOptions, 'subscribers' | 'publishesPerTurn' | 'compressedBytes'>;

export interface FanOutRun extends PublishResult {
  /** CPU of the publishing thread per delivery; null where the system does not tell. */
  readonly nsPerOperation: number | null;
}

export class FanOutStage {
  readonly #server: ChildProgram<PublishServer>;
  readonly #clients: ChildProgram<ReadingClients>;
  readonly #url: string;

  private constructor(
    server: ChildProgram<PublishServer>,
    clients: ChildProgram<ReadingClients>,
    url: string,
  ) {
    this.#server = server;
    this.#clients = clients;
    this.#url = url;
  }

  static async open({ cleanup }: ScenarioContext): Promise<FanOutStage> {
    const server = new ChildProgram<PublishServer>(join(import.meta.dirname, 'publish-server.ts'));
    cleanup.add(() => server.stop());
    const clients = new ChildProgram<ReadingClients>(join(import.meta.dirname, 'reading-clients.ts'));
    cleanup.add(() => clients.stop());
    return new FanOutStage(server, clients, await server.call('listen', null));
  }

  /** @returns bytes that the message takes on the wire, its head included */
  async frameBytes(compress: boolean): Promise<number> {
    const volleyBytes = Number.MAX_SAFE_INTEGER;
    await this.#connect({ url: this.#url, clients: 1, compress, volleyBytes });
    await this.#server.call('publishOne', compress);
    // One frame that the kernel hands over as a whole.
    return until('the message', async () => (await this.#clients.call('received', null)) || null);
  }

  async run(cell: FanOutCell, leadInSeconds: number, seconds: number): Promise<FanOutRun> {
    const { subscribers, publishesPerTurn, compressedBytes } = cell;
    const volley = { subscribers, publishesPerTurn, compressedBytes };
    const volleyBytes = await this.#server.call('volleyBytes', volley);
    const compress = compressedBytes !== null;
    await this.#connect({ url: this.#url, clients: subscribers, compress, volleyBytes });
    const result = await this.#server.call('publish', { ...volley, leadInSeconds, seconds });
    const { cpuNs, deliveries } = result;
    return { ...result, nsPerOperation: cpuNs === null ? null : cpuNs / deliveries };
  }

  async #connect(options: ReadingOptions): Promise<void> {
    await this.#clients.call('connect', options);
    await until(`${options.clients} clients connected, and nobody else`, async () =>
      (await this.#server.call('connected', null)) === options.clients ? true : null,
    );
  }
}

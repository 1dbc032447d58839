/** One exchange for several feed hosts, in the test's process: it ticks when the test says so, and knows each host by its account. */
import type { TestContext } from 'node:test';
import { knownDemoInstruments } from '../../src/main/simulator/demo-simulation.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { FeedHost } from './feed-host.ts';
import { until } from './until.ts';

export class SharedExchange {
  readonly exchange: SimulatedExchange;
  readonly url: string;
  #traffic: NodeJS.Timeout | undefined;

  private constructor(exchange: SimulatedExchange, url: string) {
    this.exchange = exchange;
    this.url = url;
  }

  static async listen(t: Pick<TestContext, 'after'>): Promise<SharedExchange> {
    const exchange = new SimulatedExchange({
      ticksPerSecond: 0,
      instruments: knownDemoInstruments(),
      checkCredentials: false,
    });
    const { url } = await exchange.listen();
    const shared = new SharedExchange(exchange, url);
    t.after(() => shared.#close());
    return shared;
  }

  /** Lets so many ticks come every 20 ms, until the next call. */
  trade(perTurn: number): void {
    clearInterval(this.#traffic);
    if (perTurn > 0) this.#traffic = setInterval(() => this.exchange.step(perTurn), 20);
  }

  /** What is sent to an account, over all its connections, as sorted `segment:token:mode`. */
  carried({ clientCode }: Pick<FeedHost, 'clientCode'>): readonly string[] {
    return this.exchange.connections
      .filter((connection) => connection.clientCode === clientCode)
      .flatMap(({ subscriptions }) => subscriptions)
      .map(({ exchangeType, token, mode }) => `${exchangeType}:${token}:${mode}`)
      .sort();
  }

  /** Waits until an account is sent exactly these. */
  async untilCarried(host: Pick<FeedHost, 'clientCode'>, expected: readonly string[]): Promise<void> {
    const wanted = [...expected].sort();
    let found: readonly string[] = [];
    try {
      await until('', () => {
        found = this.carried(host);
        return found.length === wanted.length && found.every((each, i) => each === wanted[i]);
      });
    } catch (cause) {
      const tooMany = found.filter((each) => !wanted.includes(each)).slice(0, 10);
      const missing = wanted.filter((each) => !found.includes(each)).slice(0, 10);
      const message = `${host.clientCode} is sent ${found.length} of ${wanted.length}; too many: ${tooMany}; missing: ${missing}`;
      throw new Error(message, { cause });
    }
  }

  async #close(): Promise<void> {
    clearInterval(this.#traffic);
    await this.exchange.close();
  }
}

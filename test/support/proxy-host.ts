/** `tickwire proxy` and its clients. */
import type { TestContext } from 'node:test';
import { adjacentPorts } from './adjacent-ports.ts';
import { QUICK_BUS_FLAGS } from './feed-host.ts';
import { HostProcess } from './host-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { TestClient, type TestClientOptions } from './test-client.ts';
import { until } from './until.ts';

export interface ProxyHostOptions {
  /** Addresses of feed hosts: those of one feed stand by for one another. */
  readonly feeds: readonly (readonly string[])[];
  /** After those of the fixture. */
  readonly flags?: readonly string[];
}

export class ProxyHost {
  readonly #t: Pick<TestContext, 'after'>;
  readonly #args: readonly string[];
  readonly #directory: string;
  readonly #port: number;
  process: HostProcess;

  private constructor(
    t: Pick<TestContext, 'after'>,
    args: readonly string[],
    directory: string,
    port: number,
    process: HostProcess,
  ) {
    this.#t = t;
    this.#args = args;
    this.#directory = directory;
    this.#port = port;
    this.process = process;
  }

  static async start(
    t: Pick<TestContext, 'after'>,
    { feeds, flags = [] }: ProxyHostOptions,
  ): Promise<ProxyHost> {
    const directory = temporaryDirectory(t);
    const port = await adjacentPorts();
    const list = feeds.map((hosts) => hosts.join('|')).join(',');
    const args = [
      'proxy',
      '--ops-port=none',
      `--websocket-port=${port}`,
      `--feeds=${list}`,
      ...QUICK_BUS_FLAGS,
      ...flags,
    ];
    return new ProxyHost(t, args, directory, port, await HostProcess.start(t, args, directory));
  }

  /** On the same port, when the one before is gone. */
  async startAgain(): Promise<void> {
    this.process = await HostProcess.start(this.#t, this.#args, this.#directory);
  }

  /** Until it has links to so many feed hosts, each of its first. */
  async untilUp(feedHosts: number): Promise<void> {
    await until(
      `links to ${feedHosts} feed hosts`,
      () => this.process.output.split('feed host is up').length > feedHosts,
    );
  }

  /** A client that is gone after the test. */
  async client(key: string, options: TestClientOptions = {}): Promise<TestClient> {
    const client = await TestClient.connect(`ws://127.0.0.1:${this.#port}`, key, options);
    this.#t.after(() => client.terminate());
    return client;
  }
}

/** One way from a writer's thread to a receiver's, through the ring alone or through the ring, the bus and ZeroMQ. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ChildProgram } from '../harness/child-program.ts';
import type { Cleanup } from '../harness/cleanup.ts';
import { freeEndpoint } from '../harness/free-endpoint.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import type { ScenarioContext } from '../harness/scenario.ts';
import { until } from '../harness/until.ts';
import { untilReceived } from '../harness/until-received.ts';
import type { HopCpu, HopHost } from './hop-host.ts';
import type { HopReceived } from './hop-tally.ts';
import type { HopWriterResult } from './hop-writer.ts';

export const WAYS = ['ring', 'inproc', 'ipc', 'tcp'] as const;
export type Way = (typeof WAYS)[number];

export interface HopRunOptions {
  readonly perSecond: number;
  readonly instruments: number;
  readonly leadInSeconds: number;
  readonly seconds: number;
}

export interface HopRun extends HopRunOptions, HopReceived {
  readonly way: Way;
  readonly written: number;
  readonly writerLag: HopWriterResult['lag'];
  readonly subscribers: number;
  /** µs per tick that arrived, without the writer. */
  readonly cpu: HopPairCpu | null;
}

export interface HopPairCpu extends HopCpu {
  /** Of `io`, the part at the sender. */
  readonly senderIo: number;
}

/** Time for the writing thread to start; the lead-in takes what it is too short by. */
const HEAD_START_US = 200_000;
const QUIET_MS = 5000;
/** What a flood has lost does not come any more. */
const FLOOD_QUIET_MS = 300;

async function endpointOf(way: Way, cleanup: Cleanup): Promise<string> {
  if (way === 'tcp') return freeEndpoint();
  return way === 'ipc' ? `ipc://${cleanup.temporaryDirectory()}/bus` : 'inproc://bus';
}

export class HopPair {
  readonly way: Way;
  readonly #sender: ChildProgram<HopHost>;
  /** The same process for the ring and inproc. */
  readonly #receiver: ChildProgram<HopHost>;

  /** Sockets at the receiver, each of which gets everything. */
  readonly #subscribers: number;

  private constructor(
    way: Way,
    sender: ChildProgram<HopHost>,
    receiver: ChildProgram<HopHost>,
    subscribers: number,
  ) {
    this.way = way;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#subscribers = subscribers;
  }

  /** @param instruments topics that each of the receiver's sockets subscribes to */
  static async open(
    { cleanup }: ScenarioContext,
    way: Way,
    instruments: number,
    subscribers = 1,
  ): Promise<HopPair> {
    const start = () => {
      const program = new ChildProgram<HopHost>(join(import.meta.dirname, 'hop-host.ts'));
      cleanup.add(() => program.stop());
      // Before the process is let go of: its sockets are closed in order.
      cleanup.add(() => program.call('close', null));
      return program;
    };
    const sender = start();
    const receiver = way === 'ipc' || way === 'tcp' ? start() : sender;
    const pair = new HopPair(way, sender, receiver, subscribers);
    if (way === 'ring') await sender.call('receive', { endpoint: null, instruments, subscribers });
    else await pair.#connect(await endpointOf(way, cleanup), instruments);
    return pair;
  }

  async #connect(endpoint: string, instruments: number): Promise<void> {
    await this.#sender.call('publish', { endpoint, instruments });
    await this.#receiver.call('receive', { endpoint, instruments, subscribers: this.#subscribers });
    await until(`${instruments} topics subscribed over ${this.way}`, async () =>
      (await this.#sender.call('held', null)) >= instruments ? true : null,
    );
  }

  /** @param isFlood more is sent than can arrive */
  async run(options: HopRunOptions, isFlood = false): Promise<HopRun> {
    const { perSecond, instruments, leadInSeconds } = options;
    const seconds = leadInSeconds + options.seconds;
    const startUs = Math.ceil(monotonicUs()) + HEAD_START_US;
    const measureFromUs = startUs + leadInSeconds * 1e6;
    const endUs = startUs + seconds * 1e6;
    await this.#receiver.call('begin', { measureFromUs, endUs });
    const writing = this.#sender.call('write', { perSecond, instruments, startUs, measureFromUs, seconds });
    await delay((startUs - monotonicUs()) / 1000);
    await Promise.all(this.#programs().map((program) => program.call('beginCpu', null)));
    const { written, lag } = await writing;
    const received = await untilReceived(
      () => this.#receiver.call('counts', null),
      written * this.#subscribers,
      isFlood ? FLOOD_QUIET_MS : QUIET_MS,
    );
    const cpu = await this.#cpuPerTick(received.received);
    const subscribers = this.#subscribers;
    return { ...options, ...received, way: this.way, subscribers, written, writerLag: lag, cpu };
  }

  #programs(): ChildProgram<HopHost>[] {
    return [...new Set([this.#sender, this.#receiver])];
  }

  async #cpuPerTick(ticks: number): Promise<HopPairCpu | null> {
    const sums = { sender: 0, io: 0, receiver: 0, senderIo: 0 };
    for (const program of this.#programs()) {
      const used = await program.call('cpu', null);
      if (used === null) return null;
      for (const part of ['sender', 'io', 'receiver'] as const) sums[part] += used[part] / ticks;
      if (program === this.#sender) sums.senderIo = used.io / ticks;
    }
    return sums;
  }
}

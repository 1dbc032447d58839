/** A proxy worker's ticks from the rings of this process, its answers and its news from the main thread. */
import type { MessagePort } from 'node:worker_threads';
import type { ProxyTask, RingSourceTask } from '../reader-tasks.ts';
import { Doorbell } from '../ring/doorbell.ts';
import { RingTickSource } from '../ring/ring-tick-source.ts';
import { DrainLoop } from '../ring/wait-strategy.ts';
import type { ToReader } from '../worker-messages.ts';
import { Capabilities } from './capabilities.ts';
import { MainControl } from './main-control.ts';
import type { FeedOffers, IntakeEvents, ProxyIntake, Pump, PumpOptions } from './proxy-intake.ts';

export class RingIntake implements ProxyIntake {
  readonly source: RingTickSource;
  readonly control: MainControl;
  readonly offers: FeedOffers;
  readonly #task: RingSourceTask;
  readonly #events: IntakeEvents;

  constructor(
    task: RingSourceTask,
    { page, supportedBrokers, capabilities }: Pick<ProxyTask, 'page' | 'supportedBrokers' | 'capabilities'>,
    port: MessagePort,
    events: IntakeEvents,
  ) {
    this.#task = task;
    this.#events = events;
    this.source = new RingTickSource(task.memory.rings, task.memory.lastValues);
    this.control = new MainControl(port);
    const { html: _html, ...pageData } = page;
    const table = new Capabilities(capabilities);
    this.offers = {
      supportedBrokers: () => supportedBrokers,
      capabilities: () => table,
      page: () => pageData,
    };
  }

  createPump(options: PumpOptions): Pump {
    const { memory, reader, waitStrategy, spinUs } = this.#task;
    return new DrainLoop({
      ...options,
      hasWork: () => this.source.hasTicks(),
      doorbell: new Doorbell(memory.doorbells, reader),
      strategy: waitStrategy,
      spinUs,
    });
  }

  handle(message: ToReader): boolean {
    switch (message.type) {
      case 'addRing':
        this.source.addRing(message.ring);
        return true;
      case 'keyVerified':
        this.control.onKeyVerified(message.id, message.outcome);
        return true;
      case 'subscribed':
        this.control.onSubscribed(message.id, message.outcomes);
        return true;
      case 'moved':
        this.#events.onMoved(message.moves);
        return true;
      case 'account':
        this.#events.onAccount(message.status.name, message.status);
        return true;
      case 'standingsChanged':
        this.#events.onKeyStandings(message.standings);
        return true;
      case 'feedStatus':
        this.#events.onFeedStatus(message);
        return true;
      case 'requestRefused':
        this.#events.onRequestRefused(message);
        return true;
      case 'orderUpdate':
        this.#events.onOrderUpdate(message.userId, message.text);
        return true;
      default:
        return false;
    }
  }

  counters(): Record<string, number> {
    this.control.adjustClock();
    return {};
  }

  async close(): Promise<void> {}
}

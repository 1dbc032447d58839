/** A proxy worker's ticks, answers and news from feed hosts on the bus. Wires the parts of this folder together. */
import type { MessagePort } from 'node:worker_threads';
import { Capabilities } from '../proxy/capabilities.ts';
import type { FeedOffers, IntakeEvents, ProxyIntake, Pump, PumpOptions } from '../proxy/proxy-intake.ts';
import type { BusSourceTask, CurveClient, ProxyTask } from '../reader-tasks.ts';
import type { FromReader } from '../worker-messages.ts';
import { BusControl } from './bus-control.ts';
import { BusPump } from './bus-pump.ts';
import { BusTickSource } from './bus-tick-source.ts';
import { FeedGroup } from './feed-group.ts';
import { FeedLink } from './feed-link.ts';
import { LINK_RECONNECTS } from './group-link.ts';
import { LocalSlots } from './local-slots.ts';
import type { SourceInstrument } from './source-instrument.ts';

const CONNECT_ANEW_MS = 5000;

export interface BusIntakeOptions {
  readonly task: BusSourceTask;
  /** Until a feed host says its own. */
  readonly offers: Pick<ProxyTask, 'page' | 'supportedBrokers' | 'capabilities'>;
  readonly port: Pick<MessagePort, 'postMessage'>;
  readonly events: IntakeEvents;
  readonly fail: (error: unknown) => void;
  /** Between two fresh attempts to reach a host that is away. */
  readonly connectAnewMs?: number;
}

export class BusIntake implements ProxyIntake {
  readonly source: BusTickSource;
  readonly control: BusControl;
  readonly offers: FeedOffers;
  readonly #groups: readonly FeedGroup[];
  readonly #links: FeedLink[] = [];
  readonly #slots = new LocalSlots<SourceInstrument>();
  #pump: BusPump | null = null;

  constructor(options: BusIntakeOptions) {
    const { task, offers, port, events, fail, connectAnewMs = CONNECT_ANEW_MS } = options;
    const loss = { lost: 0 };
    this.source = new BusTickSource(this.#slots, loss);
    const groups: FeedGroup[] = [];
    for (const [index, endpoints] of task.feeds.entries()) {
      const links = endpoints.map((endpoint, host) => {
        const groupOf = () => groups[index]!;
        return new FeedLink({
          endpoint,
          host,
          receiveHighWaterMark: task.receiveHighWaterMark,
          heartbeatMs: task.heartbeatMs,
          controlTimeoutMs: task.controlTimeoutMs,
          connectAnewMs,
          curve: curvePeer(task.curve, this.#links.length + host),
          onQueued: () => this.#pump?.wake(),
          onState: (link, state, detail) => {
            groupOf().onLinkState(link, detail);
            this.#pump?.wake();
            if (state === 'connecting') return;
            const news: FromReader = { type: 'link', endpoint, state, detail };
            port.postMessage(news);
          },
          onReborn: (link) => groupOf().onReborn(link),
          fail,
        });
      });
      this.#links.push(...links);
      const onSwitched = (entry: SourceInstrument) => {
        this.source.onSwitched(entry);
        this.#pump?.wake();
      };
      const patienceMs = task.controlTimeoutMs;
      groups.push(new FeedGroup({ index, links, slots: this.#slots, loss, events, patienceMs, onSwitched }));
    }
    this.#groups = groups;
    this.source.read(groups);
    this.control = new BusControl({ groups, slots: this.#slots, timeoutMs: task.controlTimeoutMs });
    this.offers = feedOffers(groups, offers);
  }

  /** The links are made when the pump starts. */
  createPump(options: PumpOptions): Pump {
    const pump = new BusPump(options, () => this.source.hasTicks());
    this.#pump = pump;
    return {
      start: () => {
        for (const link of this.#links) link.start();
        pump.start();
      },
      stop: () => pump.stop(),
    };
  }

  /** Main tells a proxy that is fed over the bus nothing. */
  handle(): boolean {
    return false;
  }

  counters(): Record<string, number> {
    const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
    const counters: Record<string, number> = {
      links: this.#links.length,
      linksUp: this.#links.filter(({ state }) => state === 'up').length,
      switches: sum(this.#groups.map(({ switches }) => switches)),
      topics: sum(this.#links.map(({ topics }) => topics.size)),
      queued: sum(this.#links.map(({ queue }) => queue.length)),
      garbage: this.source.garbage + sum(this.#links.map(({ garbage }) => garbage)),
      late: this.source.late,
      slots: this.#slots.size,
    };
    for (const { endpoint, reconnects } of this.#links) {
      const counter = `${LINK_RECONNECTS}${endpoint}`;
      counters[counter] = (counters[counter] ?? 0) + reconnects;
    }
    return counters;
  }

  async close(): Promise<void> {
    this.control.stop();
    await Promise.all(this.#links.map((link) => link.close()));
  }
}

function curvePeer(curve: CurveClient | null, link: number) {
  if (curve === null) return null;
  const { publicKey, secretKey, serverKeys } = curve;
  return { publicKey, secretKey, serverKey: serverKeys[link] ?? serverKeys[0]! };
}

/** What the feed hosts offer, each to the users of its own feed. */
function feedOffers(groups: readonly FeedGroup[], before: BusIntakeOptions['offers']): FeedOffers {
  const capabilities = new Capabilities(before.capabilities);
  const { html: _, ...page } = before.page;
  const hellos = () => groups.flatMap(({ present }) => present.hello ?? []);
  return {
    supportedBrokers: () => {
      const brokers = new Set(hellos().flatMap(({ supportedBrokers }) => supportedBrokers));
      return brokers.size > 0 ? [...brokers] : before.supportedBrokers;
    },
    capabilities: (account) => {
      const group = groups[Number.parseInt(account, 10)];
      return group?.present.capabilities ?? capabilities;
    },
    page: () => hellos()[0]?.page ?? page,
  };
}

/**
 * OpenAlgo's own bus, seen from the control plane: the worker that binds it, the instruments whose foreign ticks clients
 * want, and what comes in for others: order updates and hints that somebody has logged in or out.
 */
import type { Logger } from 'pino';
import type { Instrument } from '../../codec/tick.ts';
import type {
  FromOpenAlgoBus,
  OpenAlgoBusTask,
  OrderUpdate,
  SlotNeed,
  ToOpenAlgoBus,
} from '../../workers/worker-messages.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { bindObstacle } from '../ops/free-port.ts';
import { describePortHolder } from '../ops/port-holder.ts';
import {
  type RaisedNeed,
  type ReaderRequest,
  SubscriptionRegistry,
  type Upstream,
  type UpstreamChange,
} from '../subscriptions/subscription-registry.ts';
import { SupervisedWorker, WorkerFailure } from '../supervision.ts';
import { workerScript } from '../worker-script.ts';

/** `auto` is a rule on purpose: without an OpenAlgo installation nobody connects, and the port may be somebody's. */
export function isOpenAlgoBusWanted({
  openalgoBus,
  databaseUrl,
}: Pick<Config, 'openalgoBus' | 'databaseUrl'>): boolean {
  return openalgoBus === 'auto' ? databaseUrl !== null : openalgoBus === 'on';
}

export interface OpenAlgoBusOptions {
  readonly config: Pick<Config, 'zmqHost' | 'zmqPort' | 'wedgedAfterMs'>;
  readonly log: Logger;
  /** Asked at every start of the worker, for its memory and a new epoch. */
  readonly task: () => Omit<OpenAlgoBusTask, 'host' | 'port' | 'instruments'>;
  readonly onOrderUpdate: (update: OrderUpdate) => void;
  /** The session of a user may have changed; of anybody when the name is empty. */
  readonly onInvalidation: (userId: string) => void;
  readonly onFatal: (code: string, message: string) => void;
}

export class OpenAlgoBus implements Upstream {
  readonly #options: OpenAlgoBusOptions;
  /** Whose foreign ticks are wanted, apart from what is subscribed at brokers. */
  readonly #registry = new SubscriptionRegistry();
  readonly #wanted = new Map<number, Instrument>();
  readonly worker: SupervisedWorker<ToOpenAlgoBus, FromOpenAlgoBus>;
  #port: number;

  constructor(options: OpenAlgoBusOptions) {
    const { config, log, task, onFatal } = options;
    this.#options = options;
    this.#port = config.zmqPort;
    this.worker = new SupervisedWorker({
      name: 'openalgo bus',
      script: workerScript('openalgo/openalgo-bus-worker'),
      task: (): OpenAlgoBusTask => ({
        ...task(),
        host: config.zmqHost,
        port: this.#port,
        instruments: [...this.#wanted.values()],
      }),
      wedgedAfterMs: config.wedgedAfterMs,
      log,
      onMessage: (message) => this.#onMessage(message),
      onGone: () => {},
      onFatal,
    });
  }

  /** Address to which OpenAlgo's publishers connect, once started. */
  get endpoint(): string {
    return `tcp://${this.#options.config.zmqHost}:${this.#port}`;
  }

  /**
   * @returns the port that was bound
   * @throws TickwireError PORT_IN_USE, CONFIG_INVALID when the address cannot be bound; no other one is tried
   */
  async start(): Promise<number> {
    try {
      this.#port = await this.worker.start();
      return this.#port;
    } catch (error) {
      throw error instanceof WorkerFailure ? await this.#startFailure(error) : error;
    }
  }

  async stop(): Promise<void> {
    await this.worker.stop();
  }

  /** Notes a reader's wish for foreign ticks of instruments whose slots belong to this bus. */
  subscribe(request: ReaderRequest, raised: readonly RaisedNeed[]): void {
    this.#registry.add(request, raised, this);
  }

  /** Sets a reader's needs. Slots of others are ignored. */
  set(reader: number, needs: readonly SlotNeed[], answered: number): void {
    this.#registry.set(reader, needs, answered);
  }

  drop(reader: number): void {
    this.#registry.drop(reader);
  }

  claim(): null {
    return null;
  }

  apply(changes: readonly UpstreamChange[]): void {
    const ended = changes.filter(({ mode }) => mode === 0).map(({ instrument }) => instrument);
    const begun = changes.filter(({ mode }) => mode !== 0).map(({ instrument }) => instrument);
    const isNew = ({ slot }: Instrument) => !this.#wanted.has(slot);
    const added = begun.filter(isNew);
    for (const { slot } of ended) this.#wanted.delete(slot);
    for (const instrument of added) this.#wanted.set(instrument.slot, instrument);
    if (ended.length > 0) this.worker.post({ type: 'unsubscribe', instruments: ended });
    if (added.length > 0) this.worker.post({ type: 'subscribe', instruments: added });
  }

  #onMessage(message: FromOpenAlgoBus): void {
    if (message.type === 'orderUpdate') this.#options.onOrderUpdate(message);
    else this.#options.onInvalidation(message.userId);
  }

  async #startFailure(failure: WorkerFailure): Promise<TickwireError> {
    const { zmqHost, zmqPort } = this.#options.config;
    if (failure.code !== 'BIND_FAILED') {
      return new TickwireError('WORKER_FAILED', failure.message, { cause: failure });
    }
    // ZeroMQ's own error number was seen to be another one beside threads that use it too; the system's is reliable.
    const obstacle = await bindObstacle(zmqHost, zmqPort);
    if (obstacle === 'EADDRINUSE') {
      const message =
        `ZMQ_HOST:ZMQ_PORT is ${zmqHost}:${zmqPort}, but ${describePortHolder(zmqHost, zmqPort)}. Stop it (OpenAlgo's own ` +
        'WebSocket proxy binds this port, and an OpenAlgo release before 2.0.1.5 binds it itself: update it), or set ' +
        'TICKWIRE_OPENALGO_BUS=off to run without order updates.';
      return new TickwireError('PORT_IN_USE', message, { cause: failure });
    }
    const message =
      `ZMQ_HOST:ZMQ_PORT is ${zmqHost}:${zmqPort}, which cannot be bound (${obstacle ?? failure.message}); ZMQ_HOST ` +
      'must be an IP address of this machine, 127.0.0.1 unless OpenAlgo runs elsewhere.';
    return new TickwireError('CONFIG_INVALID', message, { cause: failure });
  }
}

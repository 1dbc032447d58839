/**
 * The two sockets of a feed host, and who may reach them: everybody, or with CURVE those whose key is on the list. Opened
 * and closed in the order that keeps the gate shut. Bus worker thread.
 */
import type { Context, Router, XPublisher } from 'zeromq';
import type { BusTask } from '../reader-tasks.ts';
import type { PeerRefused } from '../worker-messages.ts';
import { controlEndpointOf } from './bus-address.ts';
import { createBusContext, createControlServer, createTickPublisher } from './bus-sockets.ts';
import { HandshakeWatch } from './handshake-watch.ts';
import { RefusalReport } from './refusal-report.ts';
import { releaseSocket } from './release-socket.ts';
import { ZapHandler } from './zap-handler.ts';

/** A reader that stands still holds a stop up for no longer than this. */
const FAREWELL_MS = 200;

export interface BusGateOptions {
  readonly task: Pick<BusTask, 'endpoint' | 'heartbeatMs' | 'sendHighWaterMark' | 'curve'>;
  readonly onRefused: (refused: PeerRefused) => void;
  readonly fail: (error: unknown) => void;
}

export class BusGate {
  readonly publisher: XPublisher;
  readonly control: Router;
  readonly #options: BusGateOptions;
  readonly #report: RefusalReport;
  readonly #zap: ZapHandler | null;
  readonly #watches = new Map<XPublisher | Router, HandshakeWatch>();

  constructor(options: BusGateOptions) {
    this.#options = options;
    const { endpoint, heartbeatMs, sendHighWaterMark, curve } = options.task;
    this.#report = new RefusalReport(options.onRefused);
    // Threads of this process that read an inproc bus have the shared context; a list of keys has one of its own.
    const context: Context | null = curve === null ? null : createBusContext();
    const server = { heartbeatMs, curve, context };
    this.publisher = createTickPublisher({ ...server, endpoint, sendHighWaterMark });
    this.control = createControlServer({ ...server, endpoint: controlEndpointOf(endpoint) });
    this.#zap = null;
    if (curve === null || context === null) return;
    const onRefused = (key: string, address: string) =>
      this.#report.note('key not in TICKWIRE_CURVE_ALLOWED', key, address);
    this.#zap = new ZapHandler({ context, allowed: curve.allowed, onRefused });
    const onFailure = (reason: string, isVague: boolean) => this.#report.note(reason, null, '', isVague);
    for (const socket of [this.publisher, this.control]) {
      this.#watches.set(socket, new HandshakeWatch(socket, onFailure));
    }
  }

  /** Connections that were turned away. */
  get refusedPeers(): number {
    return this.#report.attempts;
  }

  /**
   * Opens both sockets, the gate-keeper first.
   * @throws an error with code `BUS_ENDPOINT_IN_USE` or `CONTROL_ENDPOINT_IN_USE`
   */
  async open(): Promise<void> {
    const { task, fail } = this.#options;
    if (this.#zap !== null) {
      await this.#zap.start();
      void this.#zap.serve().catch(fail);
    }
    await bind(this.publisher, task.endpoint, 'BUS_ENDPOINT_IN_USE');
    await bind(this.control, controlEndpointOf(task.endpoint), 'CONTROL_ENDPOINT_IN_USE');
  }

  /**
   * Takes another list of keys over.
   * @returns whether the gate must be closed and opened anew, since somebody is inside whose key was taken away
   */
  allow(keys: readonly string[]): boolean {
    return this.#zap?.allow(keys) ?? false;
  }

  /** What is sent until the end has a moment to leave this machine. Without it ZeroMQ throws away what waits. */
  letReadersFinish(): void {
    this.publisher.linger = FAREWELL_MS;
  }

  /** Safe in every state. */
  async close(): Promise<void> {
    const sockets = [this.publisher, this.control];
    await Promise.all(sockets.map((socket) => releaseSocket(socket, this.#watches.get(socket)?.ended)));
    await this.#zap?.close();
  }
}

async function bind(socket: XPublisher | Router, endpoint: string, code: string): Promise<void> {
  try {
    await socket.bind(endpoint);
  } catch (cause) {
    const message = `cannot bind the bus to ${endpoint}: ${cause instanceof Error ? cause.message : cause}`;
    throw Object.assign(new Error(message, { cause }), { code });
  }
}

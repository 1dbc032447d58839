/**
 * A network between two programs, such as the engine and the exchange, as a test wants it: it forwards, holds everything
 * back, or breaks.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { resetSocket } from '../../src/main/simulator/reset-socket.ts';

/** A connection: `near` to the one who made it, `far` to the one who is meant once it is let through. */
interface Passage {
  readonly near: Socket;
  far: Socket | null;
  /** What was sent before it was let through. */
  early: Buffer[];
}

export class NetworkGate {
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  #held = false;
  #cutAfter: number | null = null;
  /** Port on this machine that connections are forwarded to. */
  target = 0;
  /** Connections that came in. */
  accepted = 0;
  /** Resets whoever connects. */
  refuses = false;
  /** While held, the far side does not even learn that the near side has closed: as when a cable is out. */
  holdsCloses = false;
  /** Makes, for each connection, what turns the bytes of the far side into those that the near side gets. */
  createFilter: (() => (bytes: Buffer) => readonly Buffer[]) | null = null;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (near) => this.#accept(near));
  }

  static async listen(t: Pick<TestContext, 'after'>, port = 0): Promise<NetworkGate> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const gate = new NetworkGate(server);
    t.after(() => gate.#close());
    return gate;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#passages.size;
  }

  /** Those of them that were accepted and get no answer. */
  get waiting(): number {
    return [...this.#passages].filter(({ far }) => far === null).length;
  }

  /** While held, connections are accepted and nothing passes, in either direction. */
  hold(held: boolean): void {
    this.#held = held;
    for (const passage of this.#passages) {
      const { far } = passage;
      if (far === null) {
        if (!held) this.#forward(passage);
      } else if (held) {
        far.pause();
      } else {
        for (const bytes of passage.early.splice(0)) far.write(bytes);
        far.resume();
        if (passage.near.destroyed) this.#end(passage);
      }
    }
  }

  /** Resets every connection, towards both sides. */
  reset(): void {
    for (const { near, far } of this.#passages) {
      resetSocket(near);
      if (far !== null) resetSocket(far);
    }
  }

  /** Lets `bytes` of what the far side sends next pass, and closes the connection behind them. */
  cutNextAfter(bytes: number): void {
    this.#cutAfter = bytes;
  }

  #accept(near: Socket): void {
    this.accepted++;
    if (this.refuses) {
      resetSocket(near);
      return;
    }
    const passage: Passage = { near, far: null, early: [] };
    this.#passages.add(passage);
    near.on('error', () => near.destroy());
    near.on('data', (bytes: Buffer) => {
      if (this.#held || passage.far === null) passage.early.push(bytes);
      else passage.far.write(bytes);
    });
    near.on('close', () => {
      if (!this.#held || !this.holdsCloses) this.#end(passage);
    });
    if (!this.#held) this.#forward(passage);
  }

  #end(passage: Passage): void {
    this.#passages.delete(passage);
    passage.far?.destroy();
  }

  #forward(passage: Passage): void {
    const { near } = passage;
    const far = connect(this.target, '127.0.0.1');
    passage.far = far;
    for (const bytes of passage.early.splice(0)) far.write(bytes);
    const filter = this.createFilter?.();
    far.on('data', (bytes: Buffer) => {
      if (filter !== undefined) for (const part of filter(bytes)) near.write(part);
      else if (this.#cutAfter === null) near.write(bytes);
      else near.end(bytes.subarray(0, this.#cutAfter));
      this.#cutAfter = null;
    });
    far.on('error', () => far.destroy());
    far.on('close', () => {
      near.destroy();
      this.#passages.delete(passage);
    });
  }

  async #close(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

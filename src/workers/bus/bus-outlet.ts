/**
 * The only sender on the bus's socket, for `zeromq` allows one send in flight. What is pushed between two flushes goes out
 * as one message per topic: the topic, then each tick as a frame of its own, oldest first. An event is a message of its
 * own. Bus worker thread.
 */

/** The part of an XPUB socket that sends. */
export interface FrameSender {
  send(frames: (string | Uint8Array)[]): Promise<void>;
}

export class BusOutlet {
  readonly #socket: FrameSender;
  readonly #ticks = new Map<string, Uint8Array[]>();
  #events: [topic: string, payload: string][] = [];
  /** Sends follow one another: the end of the last one that was asked for. */
  #lastSend: Promise<void> = Promise.resolve();
  #underWay = 0;
  messages = 0;

  constructor(socket: FrameSender) {
    this.#socket = socket;
  }

  get hasPending(): boolean {
    return this.#ticks.size > 0 || this.#events.length > 0;
  }

  get isSending(): boolean {
    return this.#underWay > 0;
  }

  /** Copies: the library may send from this very memory later, and the message at hand is reused. */
  pushTick(topic: string, bytes: Uint8Array): void {
    const ticks = this.#ticks.get(topic);
    if (ticks === undefined) this.#ticks.set(topic, [bytes.slice()]);
    else ticks.push(bytes.slice());
  }

  pushEvent(message: [topic: string, payload: string]): void {
    this.#events.push(message);
  }

  /** Sends what has been pushed. Resolves when all of it is with ZeroMQ. */
  flush(): Promise<void> {
    const batch = [...this.#ticks];
    const events = this.#events;
    this.#ticks.clear();
    this.#events = [];
    this.#underWay++;
    this.#lastSend = this.#lastSend.then(async () => {
      for (const event of events) await this.#send(event);
      for (const [topic, ticks] of batch) await this.#send([topic, ...ticks]);
      this.#underWay--;
    });
    return this.#lastSend;
  }

  async #send(frames: (string | Uint8Array)[]): Promise<void> {
    await this.#socket.send(frames);
    this.messages++;
  }
}

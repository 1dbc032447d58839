/** A process of OpenAlgo on its bus: a publisher that connects, as all of them do. */
import type { TestContext } from 'node:test';
import { XPublisher } from 'zeromq';

const SUBSCRIBE = 1;
/** The options of OpenAlgo's publishers. */
const OPTIONS = { sendHighWaterMark: 1000, linger: 1000 };

export class OpenAlgoPublisher {
  /** On the wire a PUB socket; this kind also tells when the other side has subscribed. */
  readonly #socket = new XPublisher({ ...OPTIONS, reconnectInterval: 20 });
  #sent: Promise<void> = Promise.resolve();

  private constructor(t: TestContext) {
    // Otherwise a subscription that comes again after a reconnect is not told.
    this.#socket.verbosity = 'allSubs';
    t.after(() => this.close());
  }

  /** Connects, and waits until nothing that is sent from now on gets lost. */
  static async connect(t: TestContext, endpoint: string): Promise<OpenAlgoPublisher> {
    const publisher = new OpenAlgoPublisher(t);
    publisher.#socket.connect(endpoint);
    await publisher.untilSubscribed();
    return publisher;
  }

  async untilSubscribed(): Promise<void> {
    // 1 for a subscription, 0 when it ends with its connection; behind it what is subscribed: nothing, which is all.
    let report: Buffer | undefined;
    do [report] = await this.#socket.receive();
    while (report?.[0] !== SUBSCRIBE);
  }

  /** Sends a message as OpenAlgo does: topic and JSON. A text is sent as it is. */
  send(topic: string, payload: unknown): void {
    this.sendFrames(topic, typeof payload === 'string' ? payload : JSON.stringify(payload));
  }

  sendFrames(...frames: readonly (string | Uint8Array)[]): void {
    this.#sent = this.#sent.then(() => this.#socket.send([...frames]));
  }

  close(): void {
    if (!this.#socket.closed) this.#socket.close();
  }
}

/** One that connects to a bus with CURVE, or tries to, as a proxy would: ticks and events, and control requests. */
import type { TestContext } from 'node:test';
import type { Dealer, XSubscriber } from 'zeromq';
import { controlEndpointOf } from '../../src/workers/bus/bus-address.ts';
import {
  type CurvePeer as CurveKeys,
  createControlClient,
  createTickSubscriber,
  subscribeTopic,
} from '../../src/workers/bus/bus-sockets.ts';
import { releaseSocket } from '../../src/workers/bus/release-socket.ts';

export class CurvePeer {
  /** Topics of the messages that came. */
  readonly topics: string[] = [];
  readonly answers: string[] = [];
  readonly #subscriber: XSubscriber;
  readonly #control: Dealer;

  constructor(t: TestContext, endpoint: string, curve: CurveKeys | null, ...topics: readonly string[]) {
    const options = { heartbeatMs: 1000, curve };
    this.#subscriber = createTickSubscriber({ ...options, endpoint, receiveHighWaterMark: 10_000 });
    const control = controlEndpointOf(endpoint);
    this.#control = createControlClient({ ...options, endpoint: control });
    t.after(() => Promise.all([releaseSocket(this.#subscriber), releaseSocket(this.#control)]));
    for (const topic of topics) subscribeTopic(this.#subscriber, topic);
    this.#subscriber.connect(endpoint);
    this.#control.connect(control);
    void this.#receive();
    void this.#receiveAnswers();
  }

  /** @returns whether it could be sent */
  request(fields: object): Promise<boolean> {
    return this.#control.send(JSON.stringify(fields)).then(
      () => true,
      () => false,
    );
  }

  async #receive(): Promise<void> {
    for await (const [topic] of this.#subscriber) this.topics.push(String(topic));
  }

  async #receiveAnswers(): Promise<void> {
    for await (const [answer] of this.#control) this.answers.push(String(answer));
  }
}

/** A proxy's side of the control socket, for requests that are as they should be and for others. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { controlEndpointOf } from '../../src/workers/bus/bus-address.ts';
import { createControlClient } from '../../src/workers/bus/bus-sockets.ts';
import {
  type ControlAnswer,
  type ControlRequest,
  encodeRequest,
  parseAnswer,
} from '../../src/workers/bus/control-message.ts';
import { until } from './until.ts';

type RequestOf<Type extends ControlRequest['type']> = Extract<ControlRequest, { readonly type: Type }>;
type AnswerOf<Type extends ControlAnswer['type']> = Extract<ControlAnswer, { readonly type: Type }>;

export class ControlClient {
  readonly answers: ControlAnswer[] = [];
  readonly #socket;
  #nextId = 1;

  /** @param busEndpoint of the feed host */
  constructor(t: TestContext, busEndpoint: string) {
    const endpoint = controlEndpointOf(busEndpoint);
    this.#socket = createControlClient({ endpoint, heartbeatMs: 1000, curve: null });
    t.after(() => this.close());
    this.#socket.connect(endpoint);
    void this.#receive();
  }

  close(): void {
    if (!this.#socket.closed) this.#socket.close();
  }

  /** Sends anything as a request, as soon as there is a connection. */
  async sendRaw(...frames: (string | Uint8Array)[]): Promise<void> {
    await until('a connection to the control socket', () =>
      this.#socket.send(frames).then(
        () => true,
        () => false,
      ),
    );
  }

  /** The answers with an id. */
  answersTo(id: number): ControlAnswer[] {
    return this.answers.filter((answer) => answer.id === id);
  }

  hello(): Promise<AnswerOf<'hello'>> {
    return this.#ask<'hello', 'hello'>({ type: 'hello' }, 'hello');
  }

  verifyKey(key: string): Promise<AnswerOf<'keyVerified'>> {
    return this.#ask<'verifyKey', 'keyVerified'>(
      { type: 'verifyKey', key, checksRights: true, asker: '' },
      'keyVerified',
    );
  }

  resolve(account: string, wishes: RequestOf<'resolve'>['wishes']): Promise<AnswerOf<'resolved'>> {
    return this.#ask<'resolve', 'resolved'>({ type: 'resolve', account, wishes }, 'resolved');
  }

  async #ask<Request extends ControlRequest['type'], Answer extends ControlAnswer['type']>(
    request: Omit<RequestOf<Request>, 'id'>,
    type: Answer,
  ): Promise<AnswerOf<Answer>> {
    const id = this.#nextId++;
    await this.sendRaw(encodeRequest({ id, ...request } as RequestOf<Request>));
    const answer = await until(`the answer to ${request.type}`, () => this.answersTo(id)[0]);
    assert.equal(answer.type, type, JSON.stringify(answer));
    return answer as AnswerOf<Answer>;
  }

  async #receive(): Promise<void> {
    for await (const [frame, ...more] of this.#socket) {
      const answer = parseAnswer(frame!);
      assert.ok(answer !== null && more.length === 0, `an answer that is none: ${frame}`);
      this.answers.push(answer);
    }
  }
}

/**
 * Takes the requests of proxies on other hosts, and sends them the answers. Whatever comes is answered, nobody can make
 * this thread remember more than a bounded number of questions, and nobody's questions keep main from those of others.
 * Bus worker thread.
 */
import {
  type ControlAnswer,
  type ControlErrorCode,
  type ControlRequest,
  encodeAnswer,
  parseRequest,
} from './control-message.ts';
import { FairTurns } from './fair-turns.ts';

/** A ROUTER socket: the first frame is the peer. */
export interface ControlSocket extends AsyncIterable<Buffer[]> {
  send(frames: (string | Uint8Array)[]): Promise<void>;
}

/** Questions of one proxy that are not answered yet: clients of a busy one come by hundreds when a session begins. */
export const MAX_OF_PEER = 1000;
/** Questions of all proxies together. */
const MAX_QUESTIONS = 10_000;
/** Main works on the wishes of so many requests at once, up to 5 ms of its thread each. */
const MAX_RESOLVING = 4;
/** Keys that main checks at once. Some take 50 ms, one after the other, and the clients of this host have keys too. */
export const MAX_VERIFYING = 8;
/** Answers that wait to be sent, above which no request is read. */
const MAX_UNSENT = 1000;

export interface ControlServerOptions {
  readonly socket: ControlSocket;
  readonly answer: (request: ControlRequest) => ControlAnswer | Promise<ControlAnswer>;
}

export class ControlServer {
  readonly #options: ControlServerOptions;
  /** Questions under way, by peer. */
  readonly #peers = new Map<string, number>();
  #underWay = 0;
  readonly #verifying = new FairTurns(MAX_VERIFYING);
  readonly #resolving = new FairTurns(MAX_RESOLVING);
  /** `zeromq` allows one send in flight: the end of the last one that was asked for. */
  #lastSend: Promise<void> = Promise.resolve();
  #unsent = 0;
  requests = 0;
  /** Requests that were answered with an error of this protocol. */
  refused = 0;

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  /** Serves until the socket is closed. Rejects only for a programming error, or when the socket fails. */
  async serve(): Promise<void> {
    for await (const [peer, ...frames] of this.#options.socket) {
      if (peer !== undefined) this.#onFrames(peer, frames);
      if (this.#unsent > MAX_UNSENT) await this.#lastSend;
    }
  }

  #onFrames(peer: Buffer, frames: readonly Buffer[]): void {
    this.requests++;
    const [frame] = frames;
    if (frame === undefined || frames.length > 1) {
      const message = `the request has ${frames.length} frames, it is one from a DEALER socket`;
      this.#refuse(peer, 0, 'CONTROL_INVALID', message);
      return;
    }
    const request = parseRequest(frame);
    if (request.type === 'error') {
      this.refused++;
      this.#send(peer, request);
      return;
    }
    const id = peer.toString('latin1');
    const ofPeer = this.#peers.get(id) ?? 0;
    if (ofPeer >= MAX_OF_PEER || this.#underWay >= MAX_QUESTIONS) {
      const whose = ofPeer >= MAX_OF_PEER ? `${ofPeer} of this proxy` : `${this.#underWay} of all proxies`;
      const message = `too many requests are under way, ${whose}: try again in a second`;
      this.#refuse(peer, request.id, 'CONTROL_BUSY', message);
      return;
    }
    this.#peers.set(id, ofPeer + 1);
    this.#underWay++;
    const answer = () => this.#answer(peer, id, request);
    if (request.type === 'verifyKey') this.#verifying.run(`${id}\0${request.asker}`, answer);
    else if (request.type === 'resolve') this.#resolving.run(id, answer);
    else void answer();
  }

  async #answer(peer: Buffer, id: string, request: ControlRequest): Promise<void> {
    const answer = await this.#options.answer(request);
    this.#underWay--;
    const left = this.#peers.get(id)! - 1;
    if (left === 0) this.#peers.delete(id);
    else this.#peers.set(id, left);
    this.#send(peer, answer);
  }

  #refuse(peer: Buffer, id: number, code: ControlErrorCode, message: string): void {
    this.refused++;
    this.#send(peer, { id, type: 'error', code, message });
  }

  /** A peer that is gone, or does not read its answers, gets none. */
  #send(peer: Buffer, answer: ControlAnswer): void {
    const frame = encodeAnswer(answer);
    this.#unsent++;
    this.#lastSend = this.#lastSend
      .then(() => this.#options.socket.send([peer, frame]))
      .catch(() => {})
      .then(() => void this.#unsent--);
  }
}

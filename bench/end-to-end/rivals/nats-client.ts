/** A measuring client of a NATS server over WebSocket, as raw as the one for OpenAlgo's protocol. */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { monotonicUs } from '../../harness/monotonic-clock.ts';
import type { ClientRequest, RawClientEvents, RawClientOptions } from '../raw-client.ts';
import { type FindIntended, intendedTimeFinder, NO_TICK } from '../tick-format.ts';
import { maskedFrame, OPCODE, upgradeRefusal, upgradeRequest } from '../websocket-wire.ts';
import { FrameStripper } from './frame-stripper.ts';
import { type NatsEvents, readNats } from './nats-reader.ts';
import { connectLine, LEAVES, publishHead, REQUESTS, tickSubject } from './nats-subjects.ts';

const HEAD_END = '\r\n\r\n';

export class NatsClient {
  readonly #socket: Socket;
  readonly #events: RawClientEvents;
  readonly #findIntended: FindIntended;
  readonly #buffer: Buffer;
  readonly #stripper = new FrameStripper();
  readonly #inbox = `inbox.${randomUUID()}`;
  /** Of the next subscription. */
  #number = 0;
  #kept = 0;
  #receivedUs = 0;
  #upgraded = false;
  #closing = false;

  constructor({ url, mode, bufferBytes }: Omit<RawClientOptions, 'form'>, events: RawClientEvents) {
    const address = new URL(url);
    this.#buffer = Buffer.allocUnsafeSlow(bufferBytes);
    this.#events = events;
    this.#findIntended = intendedTimeFinder('json', mode);
    this.#socket = connect({
      host: address.hostname,
      port: Number(address.port),
      noDelay: true,
      onread: {
        buffer: () => this.#buffer.subarray(this.#kept),
        callback: (bytes) => this.#read(bytes),
      },
    });
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('socket closed'));
    this.#socket.write(upgradeRequest(address));
  }

  /** What a request names is subscribed at the server, then the bridge is asked to bring it. */
  send(request: ClientRequest): void {
    const text = JSON.stringify(request);
    const lines = (request.symbols ?? []).map(({ symbol }) => this.#subscription(tickSubject(symbol)));
    this.sendText(
      `${lines.join('')}${publishHead(REQUESTS, Buffer.byteLength(text), this.#inbox)}${text}\r\n`,
    );
  }

  /** Lines as the server reads them. */
  sendText(text: string): void {
    this.#socket.write(maskedFrame(OPCODE.BINARY, Buffer.from(text)));
  }

  /** The bridge learns only from the client that it goes. */
  close(): void {
    this.#closing = true;
    this.#socket.end(maskedFrame(OPCODE.BINARY, Buffer.from(`${publishHead(LEAVES, 0, this.#inbox)}\r\n`)));
  }

  #subscription(subject: string): string {
    return `SUB ${subject} ${this.#number++}\r\n`;
  }

  #end(reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.destroy();
    this.#events.lost(reason);
  }

  #read(bytes: number): boolean {
    this.#receivedUs = monotonicUs();
    try {
      this.#take(this.#kept + bytes);
    } catch (error) {
      this.#end(String(error));
    }
    return true;
  }

  /** @param end of what the buffer has */
  #take(end: number): void {
    const buffer = this.#buffer;
    let begin = this.#kept;
    if (!this.#upgraded) {
      const head = buffer.subarray(0, end).indexOf(HEAD_END);
      if (head < 0) {
        this.#kept = end;
        if (end === buffer.length) this.#end(`the answer's head is longer than ${buffer.length} bytes`);
        return;
      }
      const refusal = upgradeRefusal(buffer.toString('latin1', 0, head));
      if (refusal !== null) {
        this.#end(refusal);
        return;
      }
      this.#upgraded = true;
      this.sendText(connectLine('measuring-client') + this.#subscription(this.#inbox));
      this.#events.open();
      begin = head + HEAD_END.length;
      buffer.copyWithin(0, begin, end);
      this.#kept = 0;
      this.#stripper.strip(buffer, 0, end - begin);
    } else this.#stripper.strip(buffer, begin, end);
    const { from, to } = this.#stripper;
    const done = readNats(buffer, from, to, this.#nats);
    if (to > done) buffer.copyWithin(0, done, to);
    this.#kept = to - done;
    if (this.#kept === buffer.length) throw new Error(`a message is longer than ${buffer.length} bytes`);
  }

  readonly #nats: NatsEvents = {
    message: (_line, payload, payloadEnd) => {
      const intendedUs = this.#findIntended(this.#buffer, payload, payloadEnd, this.#receivedUs);
      if (intendedUs !== NO_TICK) this.#events.tick(this.#receivedUs, intendedUs, payloadEnd - payload);
      else this.#events.control(JSON.parse(this.#buffer.toString('utf8', payload, payloadEnd)));
    },
    line: (text) => {
      if (text === 'PING') this.sendText('PONG\r\n');
      else if (text.startsWith('-ERR')) throw new Error(text);
    },
  };
}

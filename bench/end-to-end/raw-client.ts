/**
 * A client that costs almost nothing: a bare socket, frames found by their headers, the one number that matters found by
 * its key's bytes. A stock WebSocket library with a JSON parser would be most of what is measured.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { unpack } from 'msgpackr';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import {
  type FindIntended,
  intendedTimeFinder,
  NO_TICK,
  type StreamMode,
  type TickForm,
} from './tick-format.ts';
import { maskedFrame, OPCODE, upgradeRefusal, upgradeRequest } from './websocket-wire.ts';

const SECURE = ['wss:', 'https:'];

export interface RawClientOptions {
  /** http, ws, https or wss; a certificate is taken as it is. */
  readonly url: string;
  readonly form: TickForm;
  readonly mode: StreamMode;
  /** More than the longest message. */
  readonly bufferBytes: number;
  /** In place of the finder for `form` and `mode`: for who wants more of a tick than its time. */
  readonly find?: FindIntended;
}

/** As far as a client looks into it. */
export interface ClientRequest {
  readonly action: string;
  readonly symbols?: readonly { readonly symbol: string }[];
  readonly [other: string]: unknown;
}

export interface RawClientEvents {
  /** A tick: when its bytes were read, when it was due, and the length of its message. */
  tick(receivedUs: number, intendedUs: number, bytes: number): void;
  control(message: Readonly<Record<string, unknown>>): void;
  /** Upgraded: from now on requests may be sent. */
  open(): void;
  /** The connection ended, and nobody here had asked for it. */
  lost(reason: string): void;
}

export class RawClient {
  readonly #socket: Socket;
  readonly #events: RawClientEvents;
  readonly #findIntended: FindIntended;
  readonly #buffer: Buffer;
  #filled = 0;
  #upgraded = false;
  #closing = false;

  constructor({ url, form, mode, bufferBytes, find }: RawClientOptions, events: RawClientEvents) {
    const address = new URL(url);
    const { protocol, hostname, port } = address;
    this.#buffer = Buffer.allocUnsafeSlow(bufferBytes);
    this.#events = events;
    this.#findIntended = find ?? intendedTimeFinder(form, mode);
    const target = {
      host: hostname,
      port: Number(port),
      // Read behind what is left of the last read: a frame that was cut in two becomes whole without a copy.
      onread: {
        buffer: () => this.#buffer.subarray(this.#filled),
        callback: (bytes: number) => this.#read(bytes),
      },
    };
    this.#socket = SECURE.includes(protocol)
      ? connectTls({ ...target, rejectUnauthorized: false })
      : connect(target);
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('socket closed'));
    this.#socket.write(upgradeRequest(address));
  }

  send(request: ClientRequest): void {
    this.sendText(JSON.stringify(request));
  }

  sendText(text: string): void {
    this.#sendFrame(OPCODE.TEXT, Buffer.from(text));
  }

  /** Reads nothing more: what comes stays in the system's buffers, and then at the server. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #sendFrame(opcode: number, payload: Buffer): void {
    this.#socket.write(maskedFrame(opcode, payload));
  }

  #end(reason: string): void {
    if (this.#closing) return;
    this.close();
    this.#events.lost(reason);
  }

  #read(bytes: number): boolean {
    const receivedUs = monotonicUs();
    const buffer = this.#buffer;
    const end = this.#filled + bytes;
    let at = 0;
    if (!this.#upgraded) {
      const head = buffer.subarray(0, end).indexOf('\r\n\r\n');
      if (head < 0) {
        this.#filled = end;
        if (end === buffer.length) this.#end(`the answer's head is longer than ${buffer.length} bytes`);
        return true;
      }
      const refusal = upgradeRefusal(buffer.toString('latin1', 0, head));
      if (refusal !== null) {
        this.#end(refusal);
        return true;
      }
      this.#upgraded = true;
      at = head + 4;
      this.#events.open();
    }
    while (end - at >= 2) {
      const short = buffer[at + 1]! & 0x7f;
      const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (end - at < headBytes) break;
      const length =
        short < 126 ? short : short === 126 ? buffer.readUInt16BE(at + 2) : buffer.readUInt32BE(at + 6);
      const payload = at + headBytes;
      if (payload + length > end) break;
      this.#frame(buffer[at]! & 0x0f, payload, payload + length, receivedUs);
      at = payload + length;
    }
    buffer.copyWithin(0, at, end);
    this.#filled = end - at;
    if (this.#filled === buffer.length) this.#end(`a message is longer than ${buffer.length} bytes`);
    return true;
  }

  #frame(opcode: number, from: number, to: number, receivedUs: number): void {
    if (opcode === OPCODE.TEXT || opcode === OPCODE.BINARY) {
      const intendedUs = this.#findIntended(this.#buffer, from, to, receivedUs);
      if (intendedUs === NO_TICK) this.#control(opcode, from, to);
      else this.#events.tick(receivedUs, intendedUs, to - from);
    } else if (opcode === OPCODE.PING) {
      this.#sendFrame(OPCODE.PONG, Buffer.from(this.#buffer.subarray(from, to)));
    } else if (opcode === OPCODE.CLOSE) {
      const code = to - from < 2 ? 1005 : this.#buffer.readUInt16BE(from);
      this.#end(`closed with code ${code} ${this.#buffer.toString('utf8', from + 2, to)}`);
    }
  }

  #control(opcode: number, from: number, to: number): void {
    const bytes = this.#buffer.subarray(from, to);
    this.#events.control(opcode === OPCODE.TEXT ? JSON.parse(bytes.toString('utf8')) : unpack(bytes));
  }
}

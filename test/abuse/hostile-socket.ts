/**
 * A connection of an attacker: a bare socket that sends whatever bytes it is told to, and counts what comes back. Nothing
 * that it meets is an error here: being refused and being cut off is what is to be seen.
 */

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  maskedFrame,
  OPCODE,
  upgradeRefusal,
  upgradeRequest,
} from '../../bench/end-to-end/websocket-wire.ts';
import { resetSocket } from '../../src/main/simulator/reset-socket.ts';
import type { Tally } from './tally.ts';

/** Answers that are longer are counted by their length alone. */
const READ_ANSWER_BYTES = 4096;
const TICK = Buffer.from('"type": "market_data"');
const CONNECT_TIMEOUT_MS = 15_000;

export type Answer = Readonly<Record<string, unknown>>;

export interface HostileOptions {
  readonly url: URL;
  /** Where it comes from; undefined: wherever the system likes. */
  readonly localAddress: string | undefined;
  /** Header lines of the upgrade, each with its line end. */
  readonly headers?: string;
  /** The upgrade is not sent by itself. */
  readonly isRaw?: boolean;
}

export class HostileSocket {
  readonly #socket: Socket;
  readonly #tally: Tally;
  readonly #opened = Promise.withResolvers<boolean>();
  readonly #closed = Promise.withResolvers<void>();
  /** The head of the answer has been read. */
  #isUpgraded = false;
  #isOpen = false;
  #isOver = false;
  #rest: Buffer = Buffer.alloc(0);
  /** Waits for the next answer: null when the connection ends before. */
  #waiting: ((answer: Answer | null) => void) | null = null;

  constructor({ url, localAddress, headers = '', isRaw = false }: HostileOptions, tally: Tally) {
    this.#tally = tally;
    tally.tried++;
    const isTls = url.protocol === 'wss:' || url.protocol === 'https:';
    const address = { host: url.hostname, port: Number(url.port), localAddress };
    const hello = () => (isRaw ? this.#onOpen() : this.write(upgradeWith(url, headers)));
    this.#socket =
      isTls && !isRaw
        ? connectTls({ ...address, rejectUnauthorized: false }, hello)
        : connect(address, hello);
    this.#socket.setNoDelay(true).setTimeout(CONNECT_TIMEOUT_MS, () => this.#end('no upgrade in time'));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    this.#socket.on('close', () => this.#end('connection closed without a word'));
    if (!isRaw) this.#socket.on('data', (bytes) => this.#read(bytes));
    else this.#socket.resume();
  }

  /** Resolves with true when it may send messages, with false when it never will. */
  get opened(): Promise<boolean> {
    return this.#opened.promise;
  }

  /** Resolves when the connection is closed, by whomever. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes that wait on this side because the other does not read. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array | string): void {
    if (this.#isOver) return;
    this.#tally.bytes += bytes.length;
    this.#socket.write(bytes);
  }

  sendText(text: string): void {
    this.#tally.messages++;
    this.write(maskedFrame(OPCODE.TEXT, Buffer.from(text)));
  }

  sendFrame(opcode: number, payload: Buffer): void {
    this.#tally.messages++;
    this.write(maskedFrame(opcode, payload));
  }

  send(request: Readonly<Record<string, unknown>>): void {
    this.sendText(JSON.stringify(request));
  }

  /** Sends and waits for the next answer, whichever it is. Null when the connection ends before. */
  ask(request: Readonly<Record<string, unknown>>): Promise<Answer | null> {
    return new Promise((resolve) => {
      if (this.#isOver) return resolve(null);
      this.#waiting = resolve;
      this.send(request);
    });
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Goes without a word. @param isReset with a reset in place of an orderly end */
  leave(isReset = false): void {
    this.#settle();
    if (isReset) resetSocket(this.#socket);
    else this.#socket.destroy();
  }

  #onOpen(): void {
    this.#isOpen = true;
    this.#tally.onOpen();
    this.#socket.setTimeout(0);
    this.#opened.resolve(true);
  }

  #end(reason: string): void {
    if (!this.#isOver) this.#tally.onEnd(reason);
    this.leave();
  }

  #settle(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isOpen) this.#tally.onClose();
    this.#opened.resolve(false);
    this.#closed.resolve();
    this.#answer(null);
  }

  #answer(answer: Answer | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(answer);
  }

  #read(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    if (!this.#isUpgraded) {
      const head = all.indexOf('\r\n\r\n');
      if (head < 0) {
        this.#rest = all;
        return;
      }
      const refusal = upgradeRefusal(all.toString('latin1', 0, head));
      if (refusal !== null) {
        this.#end(refusal);
        return;
      }
      this.#isUpgraded = true;
      at = head + 4;
      this.#onOpen();
    }
    while (all.length - at >= 2 && !this.#isOver) {
      const short = all[at + 1]! & 0x7f;
      const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (all.length - at < headBytes) break;
      const length =
        short < 126 ? short : short === 126 ? all.readUInt16BE(at + 2) : all.readUInt32BE(at + 6);
      if (at + headBytes + length > all.length) break;
      this.#frame(all[at]! & 0x0f, all.subarray(at + headBytes, at + headBytes + length));
      at += headBytes + length;
    }
    this.#rest = all.subarray(at);
  }

  #frame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.PING) this.write(maskedFrame(OPCODE.PONG, Buffer.from(payload)));
    if (opcode === OPCODE.CLOSE) {
      const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
      // Numbers within a reason are those of one connection.
      const reason = payload.toString('utf8', 2).replaceAll(/\d+/g, 'N');
      this.#end(`${code} ${reason}`.trim());
    }
    if (opcode !== OPCODE.TEXT) return;
    if (payload.subarray(0, TICK.length + 1).includes(TICK)) {
      this.#tally.ticks++;
      return;
    }
    const answer = readAnswer(payload);
    this.#tally.onAnswer(nameOf(answer));
    this.#answer(answer);
  }
}

function upgradeWith(url: URL, headers: string): string {
  const request = upgradeRequest(url);
  return `${request.slice(0, -2)}${headers}\r\n`;
}

function readAnswer(payload: Buffer): Answer {
  if (payload.length > READ_ANSWER_BYTES) return { status: 'long answer' };
  try {
    return JSON.parse(payload.toString('utf8')) as Answer;
  } catch {
    return { code: 'NO JSON' };
  }
}

/** An error's code, else what kind of message it is. */
function nameOf({ code, status, type }: Answer): string {
  if (type === 'session') return String(status);
  return String(code ?? (typeof status === 'string' && status !== 'success' ? status : (type ?? status)));
}

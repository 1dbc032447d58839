/** The bridge's connection to the NATS server: plain TCP, and one write for all that is published in a turn of the loop. */
import { connect, type Socket } from 'node:net';
import { readNats } from './nats-reader.ts';
import { connectLine } from './nats-subjects.ts';

const SLAB_BYTES = 256 * 1024;
const LINE_END = '\r\n';
/** Words of a message's line: MSG, subject, subscription, where to answer, size. */
const SUBJECT = 1;
const REPLY_TO = 3;

export interface NatsMessage {
  readonly subject: string;
  readonly replyTo: string;
  readonly text: string;
}

export class NatsConnection {
  readonly #socket: Socket;
  readonly #onMessage: (message: NatsMessage) => void;
  #input: Buffer = Buffer.alloc(0);
  /** What was written before `#start` may still belong to the socket: it is never written again. */
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #start = 0;
  #end = 0;
  #subscriptions = 0;
  #onPong: () => void = () => {};

  /** @param onMessage a message that wants an answer */
  constructor(url: string, onMessage: (message: NatsMessage) => void) {
    const { hostname, port } = new URL(url);
    this.#onMessage = onMessage;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (data) => this.#read(data));
    this.#socket.write(connectLine('bridge'));
  }

  /** Resolves when the server knows of all the subscriptions. */
  async subscribe(subjects: readonly string[]): Promise<void> {
    for (const subject of subjects) this.#socket.write(`SUB ${subject} ${this.#subscriptions++}\r\n`);
    await new Promise<void>((resolve) => {
      this.#onPong = resolve;
      this.#socket.write('PING\r\n');
    });
  }

  /** @param head as of `publishHead`, ASCII */
  publish(head: string, payload: Uint8Array): void {
    const length = head.length + payload.length + LINE_END.length;
    if (this.#end + length > SLAB_BYTES) {
      this.#flush();
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#start = 0;
      this.#end = 0;
    }
    if (this.#start === this.#end) setImmediate(this.#flush);
    const slab = this.#slab;
    const place = this.#end + slab.write(head, this.#end, 'latin1');
    slab.set(payload, place);
    slab.write(LINE_END, place + payload.length, 'latin1');
    this.#end += length;
  }

  readonly #flush = (): void => {
    if (this.#end > this.#start) this.#socket.write(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  };

  #read(data: Buffer): void {
    const input = this.#input.length === 0 ? data : Buffer.concat([this.#input, data]);
    const done = readNats(input, 0, input.length, {
      message: (line, payload, payloadEnd) => {
        const words = input.toString('latin1', line, payload - LINE_END.length).split(' ');
        const [subject = '', replyTo = ''] = [words[SUBJECT], words[REPLY_TO]];
        this.#onMessage({ subject, replyTo, text: input.toString('utf8', payload, payloadEnd) });
      },
      line: (text) => {
        if (text === 'PING') this.#socket.write('PONG\r\n');
        else if (text === 'PONG') this.#onPong();
        else if (text.startsWith('-ERR')) throw new Error(`nats-server: ${text}`);
      },
    });
    this.#input = input.subarray(done);
  }
}

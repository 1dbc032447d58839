/** The messages of a ZeroMQ connection without encryption, of which some are left out. */

/** The greeting of ZMTP 3, before the first frame. */
const GREETING_BYTES = 64;
const FLAG = { MORE: 1, LONG: 2, COMMAND: 4 } as const;

export class ZmtpFilter {
  readonly #drops: (topic: string) => boolean;
  #greeting = GREETING_BYTES;
  #rest: Buffer = Buffer.alloc(0);
  /** Frames of the message that is under way, and whether it is left out; null between messages. */
  #isDropped: boolean | null = null;

  /** @param drops is asked once for each message, by its first frame */
  constructor(drops: (topic: string) => boolean) {
    this.#drops = drops;
  }

  /** What is to be sent on of these bytes, and of those that waited for them. */
  push(bytes: Buffer): Buffer[] {
    const passed: Buffer[] = [];
    if (this.#greeting > 0) {
      const head = bytes.subarray(0, this.#greeting);
      this.#greeting -= head.length;
      passed.push(head);
      bytes = bytes.subarray(head.length);
    }
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let size = frameSize(rest); size <= rest.length; size = frameSize(rest)) {
      const frame = rest.subarray(0, size);
      rest = rest.subarray(size);
      if (!this.#leavesOut(frame)) passed.push(frame);
    }
    this.#rest = rest;
    return passed;
  }

  #leavesOut(frame: Buffer): boolean {
    const flags = frame[0]!;
    if ((flags & FLAG.COMMAND) !== 0) return false;
    this.#isDropped ??= this.#drops(frame.toString('latin1', headSize(flags)));
    const isDropped = this.#isDropped;
    if ((flags & FLAG.MORE) === 0) this.#isDropped = null;
    return isDropped;
  }
}

function headSize(flags: number): number {
  return (flags & FLAG.LONG) === 0 ? 2 : 9;
}

/** Bytes of the first frame with its head, infinite while that is not known. */
function frameSize(bytes: Buffer): number {
  if (bytes.length === 0) return Number.POSITIVE_INFINITY;
  const head = headSize(bytes[0]!);
  if (bytes.length < head) return Number.POSITIVE_INFINITY;
  return head + (head === 2 ? bytes[1]! : Number(bytes.readBigUInt64BE(1)));
}

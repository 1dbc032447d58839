import type { Socket } from 'node:net';

/** How slow a network is. */
export interface LineLimit {
  /** Default: as fast as it takes. */
  readonly bytesPerSecond?: number;
  /** Milliseconds that every byte is late. Default 0. */
  readonly delayMs?: number;
}

interface Late {
  readonly bytes: Uint8Array;
  /** `performance.now()` before which nothing of it is sent. */
  readonly notBefore: number;
}

const PUMP_MS = 5;

/** The bytes on their way to a client: straight into the socket, or late and few at a time. */
export class OutgoingLine {
  readonly #transport: Socket;
  #limit: LineLimit | null = null;
  #late: Late[] = [];
  #lateBytes = 0;
  #allowance = 0;
  #pumpedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(transport: Socket) {
    this.#transport = transport;
    transport.once('close', () => this.#clear());
  }

  /** Bytes that are not in the kernel's hands yet. */
  get backlogBytes(): number {
    return this.#transport.writableLength + this.#lateBytes;
  }

  /** Slows the line down, or with null lets go what was held up. */
  slow(limit: LineLimit | null): void {
    this.#limit = limit;
    this.#allowance = 0;
    this.#pumpedAt = performance.now();
    if (limit !== null) return;
    const late = this.#late;
    this.#clear();
    for (const { bytes } of late) this.#transport.write(bytes);
  }

  write(bytes: Uint8Array): void {
    if (this.#limit === null) {
      this.#transport.write(bytes);
      return;
    }
    this.#late.push({ bytes, notBefore: performance.now() + (this.#limit.delayMs ?? 0) });
    this.#lateBytes += bytes.length;
    this.#timer ??= setInterval(() => this.#pump(), PUMP_MS);
  }

  #pump(): void {
    const now = performance.now();
    this.#allow(now);
    while (this.#allowance >= 1) {
      const first = this.#late[0];
      if (first === undefined || first.notBefore > now) break;
      const part = first.bytes.subarray(0, Math.floor(this.#allowance));
      this.#transport.write(part);
      this.#allowance -= part.length;
      this.#lateBytes -= part.length;
      if (part.length === first.bytes.length) this.#late.shift();
      else this.#late[0] = { ...first, bytes: first.bytes.subarray(part.length) };
    }
    if (this.#late.length === 0) this.#clear();
  }

  /** What is not used is lost: a slow line sends no burst after a rest. */
  #allow(now: number): void {
    const rate = this.#limit?.bytesPerSecond;
    if (rate === undefined) this.#allowance = Number.POSITIVE_INFINITY;
    else {
      const most = Math.max(1, (rate * 2 * PUMP_MS) / 1000);
      this.#allowance = Math.min(most, this.#allowance + (rate * (now - this.#pumpedAt)) / 1000);
    }
    this.#pumpedAt = now;
  }

  #clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#late = [];
    this.#lateBytes = 0;
  }
}

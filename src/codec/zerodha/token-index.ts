import type { KitePacket } from './frame-decoder.ts';
import { parseToken } from './token.ts';

/** Finds what belongs to a packet's token. A token is unique over all segments. One thread. */
export class TokenIndex<T> {
  /** By the token as a signed integer of 32 bits, as `KitePacket.key` has it: such a key is never allocated. */
  readonly #values = new Map<number, T>();

  /** @throws RangeError when no packet can carry the token */
  set(segment: number, token: string, value: T): void {
    this.#values.set(keyOf(segment, token), value);
  }

  delete(segment: number, token: string): void {
    this.#values.delete(keyOf(segment, token));
  }

  /** Value of a decoded packet's token. Feed worker; neither allocates nor throws. */
  find(packet: KitePacket): T | undefined {
    return this.#values.get(packet.key);
  }
}

function keyOf(segment: number, text: string): number {
  const token = parseToken(text);
  if (token === null) {
    throw new RangeError(`token ${JSON.stringify(text)} of segment ${segment} is no number of 32 bits`);
  }
  return token | 0;
}

import { OFFSET } from '../../../src/codec/angel/frame-layout.ts';

const ZERO = 48;
/** Tokens of the load have a digit more than the place of their instrument has. */
const FIRST_DIGIT = OFFSET.TOKEN + 1;
const END = FIRST_DIGIT + 5;

/** The place of a packet's instrument among all, from the digits of its token. */
export function readBenchIndex(packet: Buffer): number {
  let index = 0;
  for (let at = FIRST_DIGIT; at < END; at++) index = index * 10 + packet[at]! - ZERO;
  return index;
}

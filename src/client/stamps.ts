import { isMessage, numberOf } from './wire.ts';

/**
 * Where a tick was when, in ns since 1970. Doubles hold such numbers to 256 ns.
 */
export interface Stamps {
  /** When it happened at the exchange; null where the broker does not say. */
  readonly exchangeTime: number | null;
  readonly receiveTime: number | null;
  readonly publishTime: number | null;
  readonly sendTime: number | null;
  /** The exchange's own sequence number. */
  readonly exchangeSeq: number | null;
}

/** The way of a tick in ms: from the exchange to the engine, and through the engine to the socket. */
export interface Hops {
  readonly exchangeToReceive: number | null;
  readonly receiveToPublish: number | null;
  readonly publishToSend: number | null;
  readonly receiveToSend: number | null;
}

const NS_PER_MS = 1e6;

/** Reads the `stamps` of a tick; null where it has none. */
export function readStamps(value: unknown): Stamps | null {
  if (!isMessage(value)) return null;
  return {
    exchangeTime: numberOf(value.exchange_time),
    receiveTime: numberOf(value.receive_time),
    publishTime: numberOf(value.publish_time),
    sendTime: numberOf(value.send_time),
    exchangeSeq: numberOf(value.exchange_seq),
  };
}

/** How long each hop took; null where one of its ends is not known. */
export function hopsOf({ exchangeTime, receiveTime, publishTime, sendTime }: Stamps): Hops {
  const between = (from: number | null, to: number | null) =>
    from === null || to === null ? null : (to - from) / NS_PER_MS;
  return {
    exchangeToReceive: between(exchangeTime, receiveTime),
    receiveToPublish: between(receiveTime, publishTime),
    publishToSend: between(publishTime, sendTime),
    receiveToSend: between(receiveTime, sendTime),
  };
}

/**
 * What a session holds while nobody is connected: its subscriptions, and where each of its instruments stood. Proxy worker
 * thread; packed small, since main keeps thousands of them, of up to thousands of instruments each.
 */
import { pack, unpack } from 'msgpackr';
import type { Dialect } from '../../../codec/dialect.ts';
import { DEPTH_LEVELS, type Instrument, MODE, MODE_NAMES, type Mode } from '../../../codec/tick.ts';
import { type ClientSession, holdingKey } from '../connection/client-session.ts';
import { type DeliveryTerms, PLAIN_TERMS } from '../slow/delivery-terms.ts';
import { termsOf } from '../slow/stream-delivery.ts';
import type { Position, Stream, SubscriptionIndex } from '../subscriptions/subscription-index.ts';
import type { SubscriptionWish } from '../subscriptions/subscription-wish.ts';
import type { Resumption } from './session-registrar.ts';

/** The latest tick that left for the client, or for others before it; epoch 0 when there was none. */
export interface Place {
  readonly epoch: number;
  readonly seq: number;
}

/** Where an instrument stood: its ticks, and those of the deep overlay. */
export interface Past {
  readonly base: Place;
  readonly deep: Place;
}

/** A subscription without its instrument. */
export interface ParkedWish {
  readonly mode: Mode;
  readonly depthLevel: number;
  readonly depthFallback: boolean;
  readonly terms: DeliveryTerms;
}

export interface ParkedInstrument {
  readonly exchange: string;
  readonly symbol: string;
  readonly wishes: readonly ParkedWish[];
  /** Of the broker's ticks. */
  readonly own: Past | null;
  /** Of those that foreign publishers bring. */
  readonly foreign: Past | null;
}

export interface ParkedSession {
  readonly instruments: readonly ParkedInstrument[];
  readonly orders: boolean;
  /** The client did not take leave: ticks that were on their way to it may be lost. */
  readonly isBroken: boolean;
}

/** As it is packed: names, wishes by mode, the places of both kinds of ticks. */
export type PackedWish = [
  mode: Mode,
  depthLevel: number,
  depthFallback: boolean,
  terms: DeliveryTerms | null,
];
export type PackedPast = [baseEpoch: number, baseSeq: number, deepEpoch: number, deepSeq: number] | null;
export type PackedInstrument = [
  exchange: string,
  symbol: string,
  PackedWish[],
  own: PackedPast,
  foreign: PackedPast,
];
export type PackedSession = [PackedInstrument[], orders: boolean, isBroken: boolean];

type Parting = Pick<ParkedSession, 'orders' | 'isBroken'>;

/** In memory of its own: what the packer returns lies in a buffer that it shares among its results. */
export function packImage(session: PackedSession): Uint8Array {
  return new Uint8Array(pack(session));
}

/** Takes down what a client holds and what it was about to join, to be packed. */
export function takeDown(
  session: Pick<ClientSession, 'holdings' | 'joining' | 'slow'>,
  { strictDepths }: Pick<Resumption, 'strictDepths'>,
  index: SubscriptionIndex,
  { orders, isBroken }: Parting,
): PackedSession {
  const joining = Map.groupBy(session.joining, ({ instrument }) => nameOf(instrument));
  const names = new Set([...session.holdings.keys(), ...joining.keys()]);
  const instruments = [...names].map((name): PackedInstrument => {
    const held = session.holdings.get(name) ?? [];
    const granted = joining.get(name) ?? [];
    const { exchange, symbol } = (held[0] ?? granted[0]!).instrument;
    const wishes = new Map<Mode, PackedWish>();
    let own: PackedPast = null;
    let foreign: PackedPast = null;
    for (const { instrument, streams } of held) {
      for (const [mode, stream] of streams) {
        const isStrict = mode === MODE.DEEP_DEPTH && strictDepths.has(name);
        const { depthLevel } = stream.form;
        const terms = termsOf(session, stream);
        wishes.set(mode, [mode, depthLevel, !isStrict, terms === PLAIN_TERMS ? null : terms]);
      }
      const past = pastOf(session, index, instrument.slot, [...streams.values()]);
      if (instrument.token === '') foreign = past;
      else own = past;
    }
    for (const { item } of granted) {
      const { mode, depthLevel, depthFallback, terms } = item.context.wish;
      wishes.set(mode, [mode, depthLevel, depthFallback, terms === PLAIN_TERMS ? null : terms]);
    }
    return [exchange, symbol, [...wishes.values()], own, foreign];
  });
  return [instruments, orders, isBroken];
}

function nameOf({ exchange, symbol }: Instrument): string {
  return holdingKey(exchange, symbol);
}

function pastOf(
  session: Pick<ClientSession, 'slow'>,
  index: SubscriptionIndex,
  slot: number,
  held: readonly Stream[],
): PackedPast {
  const streams = index.get(slot);
  if (streams === undefined) return null;
  const isOfDeep = ({ source }: Stream) => source === MODE.DEEP_DEPTH;
  const basePlace = sentUpTo(
    session,
    placeOf(streams.base),
    held.filter((stream) => !isOfDeep(stream)),
  );
  const deepPlace = sentUpTo(session, placeOf(streams.deep), held.filter(isOfDeep));
  return [basePlace.epoch, basePlace.seq, deepPlace.epoch, deepPlace.seq];
}

/** Those who came from another slot stand where they stood there until a tick has come. */
function placeOf(position: Position): Place {
  return position.continues ?? position;
}

/** The place before what waits for a client that gets its ticks conflated. */
function sentUpTo({ slow }: Pick<ClientSession, 'slow'>, place: Place, held: readonly Stream[]): Place {
  let first = place;
  for (const stream of held) {
    const waiting = slow?.client.waitsFrom(stream) ?? null;
    if (waiting === null) continue;
    const isEarlier =
      waiting.epoch < first.epoch || (waiting.epoch === first.epoch && waiting.seq <= first.seq);
    if (isEarlier) first = { epoch: waiting.epoch, seq: waiting.seq - 1 };
  }
  return first;
}

/** @param image of `packImage` */
export function unpackSession(image: Uint8Array): ParkedSession {
  const [instruments, orders, isBroken] = unpack(image) as PackedSession;
  return {
    instruments: instruments.map(([exchange, symbol, wishes, own, foreign]) => ({
      exchange,
      symbol,
      wishes: wishes.map(([mode, depthLevel, depthFallback, terms]) => ({
        mode,
        depthLevel,
        depthFallback,
        terms: terms ?? PLAIN_TERMS,
      })),
      own: toPast(own),
      foreign: toPast(foreign),
    })),
    orders,
    isBroken,
  };
}

function toPast(packed: PackedPast): Past | null {
  if (packed === null) return null;
  const [baseEpoch, baseSeq, deepEpoch, deepSeq] = packed;
  return { base: { epoch: baseEpoch, seq: baseSeq }, deep: { epoch: deepEpoch, seq: deepSeq } };
}

/** The time in which a session had no connection, for one of its instruments. */
export interface Absence {
  readonly past: Past;
  /** Ticks may have been lost on their way to the earlier connection. */
  readonly isBroken: boolean;
}

/** Finds the absence from an instrument; null where nothing was known of it. */
export function absences({
  instruments,
  isBroken,
}: ParkedSession): (instrument: Instrument) => Absence | null {
  const parked = new Map(instruments.map((each) => [holdingKey(each.exchange, each.symbol), each]));
  return ({ exchange, symbol, token }) => {
    const found = parked.get(holdingKey(exchange, symbol));
    const past = token === '' ? found?.foreign : found?.own;
    return past ? { past, isBroken } : null;
  };
}

/** A parked subscription as one that a client asks for in its dialect. */
export function restoredWish(
  { mode: parkedMode, depthLevel, depthFallback, terms }: ParkedWish,
  dialect: Dialect,
): SubscriptionWish {
  // The design has no mode 3: its depth of five levels is mode 4.
  const mode = parkedMode === MODE.DEPTH && dialect === 'design' ? MODE.DEEP_DEPTH : parkedMode;
  return {
    mode,
    modeName: MODE_NAMES[mode],
    isDesign: mode === MODE.DEEP_DEPTH || dialect === 'design',
    depth: mode === MODE.DEEP_DEPTH ? depthLevel : DEPTH_LEVELS,
    depthLevel: mode === MODE.DEEP_DEPTH ? depthLevel : DEPTH_LEVELS,
    depthFallback,
    terms,
  };
}

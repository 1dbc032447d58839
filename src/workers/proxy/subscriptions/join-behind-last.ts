/**
 * How a client joins the streams of an instrument: the last value first, flagged as one, and the stream behind it, without
 * gap or duplicate. A client that comes back to its session reads before it what it missed. Proxy worker thread.
 */
import { createTickEncoder, FEATURE } from '../../../codec/framing.ts';
import { type Instrument, MODE } from '../../../codec/tick.ts';
import { modeOf, readInt64, WORD } from '../../../codec/tick-message.ts';
import type { ClientSession } from '../connection/client-session.ts';
import { awayNotice } from '../sessions/session-answers.ts';
import type { Absence, Place } from '../sessions/session-image.ts';
import type { SnapshotJoin } from './snapshot-join.ts';
import type { InstrumentStreams, Stream, SubscriptionIndex } from './subscription-index.ts';

export interface Joining {
  readonly client: Pick<ClientSession, 'send' | 'sendBytes'>;
  readonly streams: InstrumentStreams;
  /** Those of them that the client is to get. It counts as a subscriber of each, and has joined none yet. */
  readonly taken: readonly Stream[];
  /** Null for a client that had nothing of the instrument before. */
  readonly absence: Absence | null;
}

/** @param join lets the client join a stream */
export function joinBehindLast(
  { client, streams, taken, absence }: Joining,
  snapshots: SnapshotJoin,
  { counters }: Pick<SubscriptionIndex, 'counters'>,
  join: (stream: Stream) => void,
): void {
  for (const isDeep of [false, true]) {
    const joining = taken.filter(({ source }) => (source === MODE.DEEP_DEPTH) === isDeep);
    if (joining.length === 0) continue;
    const { words, doubles } = snapshots;
    const hasLast = snapshots.meet(streams, isDeep);
    // A last value of a lower mode shows nothing that these streams show: their first tick is the one behind it.
    const shown = hasLast ? joining.filter(({ source }) => source <= modeOf(words)) : [];
    const last = hasLast ? { epoch: readInt64(words, WORD.EPOCH), seq: readInt64(words, WORD.SEQ) } : null;
    const next = last !== null && shown.length === 0 ? { ...last, seq: last.seq + 1 } : last;
    if (absence !== null) tellAbsence(client, streams.instrument, absence, isDeep, last, next);
    for (const stream of shown) {
      const encoder = flaggedEncoder(stream, streams.instrument, counters);
      client.sendBytes(encoder.encode(words, doubles, snapshots.now()), stream.isBinary);
    }
    for (const stream of joining) join(stream);
  }
}

/**
 * @param last the latest tick, null while there is none
 * @param next the first tick that the client gets now, null while nobody knows it
 */
function tellAbsence(
  client: Joining['client'],
  instrument: Instrument,
  { past, isBroken }: Absence,
  isDeep: boolean,
  last: Place | null,
  next: Place | null,
): void {
  const place = isDeep ? past.deep : past.base;
  if (place.epoch === 0) return;
  const isSame = last !== null && last.epoch === place.epoch && last.seq === place.seq;
  if (!isSame || isBroken) client.send(awayNotice(instrument, place, next));
}

/** One that writes the flag of a last value, whatever features the stream has. */
function flaggedEncoder(
  { form, encoder }: Stream,
  instrument: Instrument,
  counters: SubscriptionIndex['counters'],
): Stream['encoder'] {
  const { framing, view, features, dialect, depthLevel } = form;
  if ((features & FEATURE.SNAPSHOT) !== 0) return encoder;
  const flagged = features | FEATURE.SNAPSHOT;
  return createTickEncoder(framing, instrument, view, flagged, { dialect, depthLevel, counters });
}

/**
 * Layout of the ring: a single-writer broadcast ring in a SharedArrayBuffer. One feed worker writes, any number of
 * threads read, each at its own position, and the writer never waits for them.
 *
 * A **position** is a count of bytes since the ring was created; it grows and never wraps. An **index** is a position's
 * place in the data, `position & (capacity - 1)`. Words are int32. "seq-cst" is `Atomics`; plain words are made visible
 * by the position named beside them.
 *
 * | words     | bytes     | content                                          | writer | reader          | memory order        |
 * | 0–2       | 0         | INTENT: end of what is claimed; what is below    | writer | readers, when   | seq-cst, then fence |
 * |           |           | intent − capacity may be overwritten at any time |        | validating      |                     |
 * | 32–34     | 128       | TAIL: end of what is committed                   | writer | readers, always | seq-cst             |
 * | 64–66     | 256       | LATEST: start of the newest TICK, after TAIL     | writer | readers, lapped | seq-cst             |
 * | 96–98     | 384       | RECORD_COUNT: TICKs up to TAIL, after LATEST     | writer | metrics         | seq-cst             |
 * | 128–129   | 512       | EPOCH: generation of the writer, one int64       | writer | readers         | seq-cst             |
 * | 160–      | 640       | data, `capacity` bytes                           | writer | readers         | plain, by TAIL      |
 *
 * INTENT, TAIL, LATEST and RECORD_COUNT are three words each (`shared-position.ts`).
 *
 * A record starts at a multiple of 16 bytes and never wraps; one that does not fit before the end of the data is
 * preceded by a PADDING record which fills the rest and has a header only. So a record starts at index 0 in every lap.
 *
 * A HANDOVER record says that ticks of some instruments were in another ring up to here: its message is the number of that
 * ring's feed and the position, low and high word, up to which a reader reads that ring before it goes on in this one.
 *
 * | word of the record | byte | content                                                     |
 * | 0                  | 0    | length in bytes, header included, alignment not             |
 * | 1                  | 4    | kind: TICK, PADDING or HANDOVER                             |
 * | 2, 3               | 8    | number of the TICK since creation, low and high word; of a  |
 * |                    |      | HANDOVER that of the tick behind it                         |
 * | 4–                 | 16   | message words                                               |
 */

/** Two cache lines: the line that is asked for and the neighbour that x86 prefetches with it. */
export const LINE_WORDS = 32;

/** First word of each part of the header, each on lines of its own, so that a poll of one does not slow another. */
export const RING_WORD = {
  INTENT: 0,
  TAIL: LINE_WORDS,
  LATEST: 2 * LINE_WORDS,
  RECORD_COUNT: 3 * LINE_WORDS,
  EPOCH: 4 * LINE_WORDS,
  DATA: 5 * LINE_WORDS,
} as const;

/** Index of the epoch on a BigInt64Array over the ring. */
export const EPOCH_INT64 = RING_WORD.EPOCH / 2;

export const RING_HEADER_BYTES = RING_WORD.DATA * 4;

/** Words of a record, counted from its start. */
export const RECORD_WORD = { LENGTH: 0, KIND: 1, INDEX_LO: 2, INDEX_HI: 3, MESSAGE: 4 } as const;

export const RECORD_HEADER_BYTES = RECORD_WORD.MESSAGE * 4;

/** Equal to the header, so that a PADDING header always fits, and a multiple of 8 for the doubles of a message. */
export const RECORD_ALIGN_BYTES = 16;

export const RECORD_KIND = { TICK: 1, PADDING: 2, HANDOVER: 3 } as const;

/** Words of a HANDOVER record's message. */
export const HANDOVER_WORD = { FEED: 0, POSITION_LO: 1, POSITION_HI: 2, WORDS: 3 } as const;

/**
 * A record takes at most this part of the capacity. With its padding a write then claims less than a quarter, so that
 * the newest record always lies far from what is overwritten.
 */
export const RECORDS_PER_LAP_MIN = 8;

export const MIN_RING_BYTES = 1024;
/** Keeps the steps of a position below 2^31, as `shared-position.ts` needs them, and an index within 32 bits. */
export const MAX_RING_BYTES = 2 ** 30;

function isCapacity(bytes: number): boolean {
  return bytes >= MIN_RING_BYTES && bytes <= MAX_RING_BYTES && Number.isInteger(Math.log2(bytes));
}

/**
 * Creates an empty ring with `capacityBytes` bytes of data.
 *
 * @throws RangeError when the capacity is not a power of two from 1 KiB to 1 GiB
 */
export function createRing(capacityBytes: number): SharedArrayBuffer {
  if (!isCapacity(capacityBytes)) {
    throw new RangeError(
      `ring capacity ${capacityBytes} must be a power of two from ${MIN_RING_BYTES} to ${MAX_RING_BYTES} bytes`,
    );
  }
  return new SharedArrayBuffer(RING_HEADER_BYTES + capacityBytes);
}

/**
 * Data bytes of a ring.
 *
 * @throws RangeError when the buffer was not made by `createRing`
 */
export function ringCapacity(sab: SharedArrayBuffer): number {
  const capacity = sab.byteLength - RING_HEADER_BYTES;
  if (!isCapacity(capacity)) throw new RangeError(`not a ring: ${sab.byteLength} bytes of shared memory`);
  return capacity;
}

/** Longest message, in words, that a ring of this capacity takes. */
export function maxMessageWords(capacity: number): number {
  return (capacity / RECORDS_PER_LAP_MIN - RECORD_HEADER_BYTES) / 4;
}

/** Bytes that a record of `length` bytes takes. Any thread; neither allocates nor throws. */
export function alignedLength(length: number): number {
  return (length + RECORD_ALIGN_BYTES - 1) & -RECORD_ALIGN_BYTES;
}

/**
 * The file format of recordings: what feeds received from their brokers, with the times at which it came. All numbers are
 * little-endian, whatever the host. A file is a header and blocks; a block belongs to one feed and holds whole records.
 * Blocks of one feed lie in their order; those of several feeds lie as they were written, and are merged by time when
 * they are read. So several threads may append to one file, and files may be put together block by block.
 *
 * | file header | size | content                                                                              |
 * | 0           | 8    | FILE_MAGIC                                                                           |
 * | 8           | 2    | VERSION; a reader refuses a higher one                                               |
 * | 10          | 2    | bytes of the file header: the first block begins there                               |
 * | 12          | 4    | 0                                                                                    |
 *
 * | block | size | content                                                                                    |
 * | 0     | 4    | BLOCK_MAGIC: where a reader goes on behind damage                                          |
 * | 4     | 4    | bytes of the records behind this header, at most MAX_PAYLOAD_BYTES                         |
 * | 8     | 4    | CRC-32 of those bytes                                                                      |
 * | 12    | 2    | number of the feed                                                                         |
 * | 14    | 2    | records                                                                                    |
 * | 16    | 8    | time of the first record, ns since 1970                                                    |
 * | 24    | 8    | time of the last record                                                                    |
 * | 32    | 4    | kinds of records in the block: a bit `1 << kind` for each                                  |
 * | 36    | 4    | CRC-32 of bytes 0 to 35                                                                    |
 * | 40    |      | records                                                                                    |
 *
 * | record | size | content                                                                                   |
 * | 0      | 4    | bytes of the payload                                                                      |
 * | 4      | 1    | kind, one of RECORDED; a reader passes over kinds that it does not know                   |
 * | 5      | 3    | 0                                                                                         |
 * | 8      | 8    | receive time, ns since 1970                                                               |
 * | 16     |      | payload                                                                                   |
 *
 * A block that was not written to its end (the process was killed, the disk was full) fails one of its sums, and costs
 * only itself.
 */

/** `TICKWIRE` in ASCII. */
export const FILE_MAGIC = Object.freeze([0x54, 0x49, 0x43, 0x4b, 0x57, 0x49, 0x52, 0x45]);
export const VERSION = 1;
export const FILE_HEADER = { MAGIC: 0, VERSION: 8, HEADER_BYTES: 10, BYTES: 16 } as const;

/** `TWBL` in ASCII, as a little-endian word. */
export const BLOCK_MAGIC = 0x4c425754;
export const BLOCK = {
  MAGIC: 0,
  PAYLOAD_BYTES: 4,
  PAYLOAD_CRC: 8,
  FEED: 12,
  RECORDS: 14,
  FIRST_TIME: 16,
  LAST_TIME: 24,
  KINDS: 32,
  HEADER_CRC: 36,
  BYTES: 40,
} as const;

/** Larger than the largest message of any broker; bounds what a reader allocates for a damaged file. */
export const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
export const MAX_RECORDS = 0xffff;

export const RECORD = { PAYLOAD_BYTES: 0, KIND: 4, TIME: 8, BYTES: 16 } as const;

/** Kinds of records, and what their payload is. */
export const RECORDED = {
  /** JSON: `{"broker": …}`. The first record of a feed, and of each file of a black box. */
  FEED: 1,
  /** The connection opened; empty. */
  OPENED: 2,
  /** The connection ended; empty. */
  CLOSED: 3,
  /** A binary message of the broker as it came. */
  BINARY: 4,
  /** A text message of the broker as it came. */
  TEXT: 5,
  /** JSON: what the connection shall carry from now on, see `RecordedWishes`. */
  WISHES: 6,
  /** JSON: `{"messages": …, "bytes": …}` that came since the record before and were not recorded: the disk was too slow. */
  DROPPED: 7,
} as const;

export type RecordedKind = (typeof RECORDED)[keyof typeof RECORDED];

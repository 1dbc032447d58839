/**
 * A cursor walks over a long request without building what it holds: what `long-request.ts` needs of JSON and of msgpack.
 * Every method throws one of the faults below where it cannot go on; whoever walks catches it.
 */

const NAMES = ['symbol', 'exchange', 'mode', 'symbols'] as const;
const NAME_BYTES = NAMES.map((name) => Buffer.from(name));

/** A key whose value is looked at; all others are ''. */
export type Name = (typeof NAMES)[number] | '';

/** Made once: to make one costs more than to walk over many a message. */
export const invalid = new Error('neither JSON nor msgpack');
export const tooDeep = new Error('nested too deep');
export const tooMany = new Error('too many values');

export interface RequestCursor {
  /** Bytes before what comes next. */
  readonly at: number;
  /** How many more values it passes before it gives up; whoever walks sets it anew. */
  left: number;
  /** An empty list in this form. */
  readonly emptyList: Buffer;
  /** Goes into the map that comes next. False: it is something else. */
  enterMap(): boolean;
  /** Goes into the list that comes next. False: it is something else. */
  enterList(): boolean;
  /** To the next member or element of what was entered last. False: there is none, and it has been left. */
  next(): boolean;
  /** Passes the key of a member. */
  key(): Name;
  /** Passes a value. @param levels of lists and maps that it may have */
  skip(levels: number): void;
  /** Passes a value and returns it, a list or a map without what it holds. @param levels as with `skip` */
  shallow(levels: number): unknown;
  /** Makes sure that nothing follows. */
  finish(): void;
}

/** Which name some bytes are. */
export function nameOf(bytes: Uint8Array, from = 0, end = bytes.length): Name {
  for (let i = 0; i < NAMES.length; i++) {
    const name = NAME_BYTES[i]!;
    if (name.length !== end - from) continue;
    let same = 0;
    while (same < name.length && name[same] === bytes[from + same]) same++;
    if (same === name.length) return NAMES[i]!;
  }
  return '';
}

/**
 * Who needs what: for each instrument the modes that each reader (proxy and bus workers) needs, and from that the modes
 * that the upstream connection shall carry: the highest of LTP, Quote and Depth that anybody needs, and the deep overlay.
 */
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';

/** What the upstream side shall do for one instrument. */
export interface UpstreamChange {
  readonly instrument: Instrument;
  /** The highest mode of LTP to DEPTH that is needed; 0 for none. */
  readonly mode: Mode | 0;
  readonly deep: boolean;
}

/** Why something cannot be carried, as the client that asked reads it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface Upstream {
  /**
   * Finds a place within the broker's quota for an instrument in a mode, beside the modes that it has; it is free again
   * when a change ends it. Nothing has changed when there is none.
   * @returns null when it has its place, else why it has none
   */
  claim(instrument: Instrument, mode: Mode): Refusal | null;
  /** Carries out changes of instruments that were claimed. */
  apply(changes: readonly UpstreamChange[]): void;
}

/** A subscribe request of a reader; its ids rise. */
export interface ReaderRequest {
  readonly reader: number;
  readonly id: number;
}

/** A mode that a reader wants of an instrument from now on, beside those that it has. */
export interface RaisedNeed {
  readonly instrument: Instrument;
  readonly mode: Mode;
}

interface Entry {
  readonly instrument: Instrument;
  /** The latest that was given: an account may change its broker and come back. */
  upstream: Upstream;
  /** Modes by reader, as bits `1 << mode`. */
  readonly needs: Map<number, number>;
  /** What a reader asked for by requests up to `id`, whose answers it may not have read. */
  readonly raised: Map<number, { modes: number; id: number }>;
  applied: { mode: Mode | 0; deep: boolean };
}

const BASE_MODES: readonly Mode[] = [MODE.DEPTH, MODE.QUOTE, MODE.LTP];

function desired(needs: ReadonlyMap<number, number>): { mode: Mode | 0; deep: boolean } {
  let bits = 0;
  for (const modes of needs.values()) bits |= modes;
  const deep = (bits & (1 << MODE.DEEP_DEPTH)) !== 0;
  // A deep tick takes its LTP from the depth tick beside it.
  if (deep) return { mode: MODE.DEPTH, deep };
  return { mode: BASE_MODES.find((mode) => (bits & (1 << mode)) !== 0) ?? 0, deep };
}

/**
 * What of that has a place upstream: a reader may name a slot again that was given back meanwhile, and with it the slot's
 * place. Where the overlay has none, the rest goes on without it.
 */
function place({ instrument, upstream, applied }: Entry, wanted: Entry['applied']): Entry['applied'] {
  const isMore = wanted.deep ? !applied.deep : applied.mode === 0;
  if (wanted.mode === 0 || !isMore) return wanted;
  if (wanted.deep && upstream.claim(instrument, MODE.DEEP_DEPTH) === null) return wanted;
  const hasBase = applied.mode !== 0 || upstream.claim(instrument, wanted.mode) === null;
  return hasBase ? { mode: wanted.mode, deep: false } : applied;
}

export class SubscriptionRegistry {
  readonly #entries = new Map<number, Entry>();

  /** Instruments that somebody needs. */
  get active(): number {
    let active = 0;
    for (const { applied } of this.#entries.values()) if (applied.mode !== 0) active++;
    return active;
  }

  /** Instruments that somebody needs. */
  instruments(): Instrument[] {
    return [...this.#entries.values()]
      .filter(({ applied }) => applied.mode !== 0)
      .map(({ instrument }) => instrument);
  }

  /** The mode that is needed of a slot, the overlay apart; LTP when none is. */
  baseModeOf(slot: number): Mode {
    return desired(this.#entries.get(slot)?.needs ?? new Map()).mode || MODE.LTP;
  }

  /** Distinct (symbol, exchange, mode) that readers from `firstReader` on need. */
  countKeys(firstReader: number): number {
    const keys = new Set<string>();
    for (const { instrument, needs } of this.#entries.values()) {
      for (const [reader, modes] of needs) {
        if (reader < firstReader) continue;
        for (const mode of Object.values(MODE)) {
          if ((modes & (1 << mode)) !== 0) keys.add(`${mode} ${instrument.exchange} ${instrument.symbol}`);
        }
      }
    }
    return keys.size;
  }

  /**
   * Subscribes an instrument for all who need the one that it takes the place of. The readers give that one back when
   * they have followed. The caller has claimed the upstream.
   */
  follow(from: number, to: Instrument, upstream: Upstream): void {
    const left = this.#entries.get(from);
    if (left === undefined) return;
    const entry = this.#entryOf(to, upstream);
    for (const [reader, modes] of left.needs) entry.needs.set(reader, modes | (entry.needs.get(reader) ?? 0));
    this.#apply([entry]);
  }

  /** Raises a reader's needs. The caller has claimed the upstream of each instrument. */
  add({ reader, id }: ReaderRequest, raised: readonly RaisedNeed[], upstream: Upstream): void {
    const touched = raised.map(({ instrument, mode }) => {
      const entry = this.#entryOf(instrument, upstream);
      entry.needs.set(reader, (entry.needs.get(reader) ?? 0) | (1 << mode));
      entry.raised.set(reader, { modes: (entry.raised.get(reader)?.modes ?? 0) | (1 << mode), id });
      return entry;
    });
    this.#apply(touched);
  }

  /**
   * Sets a reader's needs. Slots that were never subscribed are ignored.
   *
   * @param answered the reader's latest request whose answer it had read. What later ones raised is not in `needs` yet and
   *   stays: one client's unsubscribe may cross another's subscribe.
   */
  set(
    reader: number,
    needs: readonly { readonly slot: number; readonly modes: number }[],
    answered: number,
  ): void {
    const touched: Entry[] = [];
    for (const need of needs) {
      const entry = this.#entries.get(need.slot);
      if (entry === undefined) continue;
      const raised = entry.raised.get(reader);
      const isUnread = raised !== undefined && raised.id > answered;
      if (!isUnread) entry.raised.delete(reader);
      const modes = isUnread ? need.modes | raised.modes : need.modes;
      if (modes === 0) entry.needs.delete(reader);
      else entry.needs.set(reader, modes);
      touched.push(entry);
    }
    this.#apply(touched);
  }

  /** A reader is gone; what it needed is another's need from now on. */
  handOver(reader: number, heir: number): void {
    for (const { needs, raised } of this.#entries.values()) {
      raised.delete(reader);
      const modes = needs.get(reader);
      if (modes === undefined) continue;
      needs.delete(reader);
      needs.set(heir, modes | (needs.get(heir) ?? 0));
    }
  }

  /** A reader is gone, and with it all that it needed. */
  drop(reader: number): void {
    for (const { raised } of this.#entries.values()) raised.delete(reader);
    const touched = [...this.#entries.values()].filter((entry) => entry.needs.delete(reader));
    this.#apply(touched);
  }

  #entryOf(instrument: Instrument, upstream: Upstream): Entry {
    const known = this.#entries.get(instrument.slot);
    if (known !== undefined) {
      known.upstream = upstream;
      return known;
    }
    const entry: Entry = {
      instrument,
      upstream,
      needs: new Map(),
      raised: new Map(),
      applied: { mode: 0, deep: false },
    };
    this.#entries.set(instrument.slot, entry);
    return entry;
  }

  #apply(entries: readonly Entry[]): void {
    const changes = new Map<Upstream, UpstreamChange[]>();
    for (const entry of new Set(entries)) {
      const wanted = place(entry, desired(entry.needs));
      if (wanted.mode === entry.applied.mode && wanted.deep === entry.applied.deep) continue;
      entry.applied = wanted;
      const list = changes.get(entry.upstream) ?? [];
      list.push({ instrument: entry.instrument, ...wanted });
      changes.set(entry.upstream, list);
    }
    for (const [upstream, list] of changes) upstream.apply(list);
  }
}

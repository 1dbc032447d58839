/** The streams of a client: by instrument and mode, and all modes of an instrument. */
import { instrumentName } from './notice.ts';
import { Stream } from './stream.ts';
import type { Terms } from './terms.ts';

export class StreamTable {
  readonly #byKey = new Map<string, Stream>();
  readonly #byInstrument = new Map<string, Set<Stream>>();

  get size(): number {
    return this.#byKey.size;
  }

  get(instrument: string, wireMode: number): Stream | undefined {
    return this.#byKey.get(`${wireMode} ${instrument}`);
  }

  /** All modes. */
  of(instrument: string): Iterable<Stream> {
    return this.#byInstrument.get(instrument) ?? [];
  }

  all(): Iterable<Stream> {
    return this.#byKey.values();
  }

  add(terms: Terms): Stream {
    const stream = new Stream(terms);
    const name = instrumentName(terms.exchange, terms.symbol);
    this.#byKey.set(`${terms.wireMode} ${name}`, stream);
    const modes = this.#byInstrument.get(name) ?? new Set();
    // What is told of an instrument's feed is told once, not with each mode.
    for (const other of modes) stream.status ??= other.status;
    this.#byInstrument.set(name, modes.add(stream));
    return stream;
  }

  delete(stream: Stream): void {
    const { instrument, terms } = stream;
    if (this.get(instrument, terms.wireMode) !== stream) return;
    this.#byKey.delete(`${terms.wireMode} ${instrument}`);
    const modes = this.#byInstrument.get(instrument);
    modes?.delete(stream);
    if (modes?.size === 0) this.#byInstrument.delete(instrument);
  }
}

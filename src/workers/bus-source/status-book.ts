/**
 * What one feed host has said of its instruments last, also of those that nobody here holds yet: it does not say it again
 * when somebody does. Proxy worker thread.
 */
import type { StatusEvent } from '../bus/bus-event.ts';
import { nameKey, type StatusWord } from './source-instrument.ts';

interface Entry {
  readonly revision: number;
  readonly word: StatusWord;
}

export class StatusBook {
  readonly #entries = new Map<string, Entry>();

  get(key: string): StatusWord | undefined {
    return this.#entries.get(key)?.word;
  }

  /** @returns keys of the instruments of which this is news, and what is said of them */
  note(event: StatusEvent): { readonly keys: readonly string[]; readonly word: StatusWord } {
    const { revision, status, since, reason, broker } = event;
    const word: StatusWord = { status, since, reason };
    const entry: Entry = { revision, word };
    const keys: string[] = [];
    for (const { exchange, symbol } of event.instruments) {
      const key = nameKey(broker, exchange, symbol);
      const known = this.#entries.get(key);
      if (known !== undefined && known.revision >= revision) continue;
      this.#entries.set(key, entry);
      keys.push(key);
    }
    return { keys, word };
  }

  /** The host was started anew: what it said before is nothing. */
  clear(): void {
    this.#entries.clear();
  }
}

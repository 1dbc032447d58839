/**
 * The small integers that stand for instruments inside the engine. A slot belongs to one (account, exchange, symbol) for
 * the life of the process: readers keep state by slot, and a slot that changed hands would show one instrument's price
 * under another's name.
 */
import type { Instrument } from '../../codec/tick.ts';

export class SlotTable {
  readonly capacity: number;
  readonly #slots = new Map<string, Instrument>();
  /** By slot. */
  readonly #accounts: string[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Whose instrument a slot stands for. */
  accountOf(slot: number): string {
    return this.#accounts[slot] ?? '';
  }

  /** The instrument with its slot, made on the first call; null when all slots are taken. */
  claim(account: string, details: Omit<Instrument, 'slot'>): Instrument | null {
    // A master refresh may give a symbol another token: that is another stream, hence another slot.
    const key = [
      account,
      details.broker,
      details.exchange,
      details.symbol,
      details.segment,
      details.token,
    ].join('\0');
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    if (this.#slots.size >= this.capacity) return null;
    const instrument: Instrument = { slot: this.#slots.size, ...details };
    this.#slots.set(key, instrument);
    this.#accounts.push(account);
    return instrument;
  }
}

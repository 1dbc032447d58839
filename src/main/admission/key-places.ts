/** Which column of the usage table counts the subscriptions of a key: one while somebody is connected with it. */
import { NO_PLACE, USAGE } from '../../workers/usage-table.ts';

export class KeyPlaces {
  readonly #places = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #capacity: number;
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The place of a key, found for it if need be. NO_PLACE when all are taken. */
  of(key: string): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place =
      this.#free.pop() ?? (this.#used < this.#capacity ? USAGE.FIRST_KEY + this.#used++ : NO_PLACE);
    if (place !== NO_PLACE) this.#places.set(key, place);
    return place;
  }

  /** Nobody is connected with the key any more. */
  free(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    this.#free.push(place);
  }
}

import { throwUnheard } from './tickwire-error.ts';

/** Callbacks by the name of an event, each with the type of what it is called with. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  /**
   * Calls `listener` at each such event, in the turn in which its message came.
   * @returns ends that
   */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    // The same function may be given twice.
    const own = (event: Events[Name]) => listener(event);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  /** A listener that throws stops neither the others nor the client. @returns whether anybody listened */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): boolean {
    const listeners = this.#listeners.get(name) as Set<(event: Events[Name]) => void> | undefined;
    if (listeners === undefined || listeners.size === 0) return false;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        throwUnheard(error);
      }
    }
    return true;
  }

  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }
}

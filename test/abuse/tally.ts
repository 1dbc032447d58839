/** What an attack did, and what became of it: counts, which survive a message between processes. */

export interface AttackOutcome {
  /** Connections that were tried, and those that came as far as a WebSocket or, where none was wanted, a TCP connection. */
  readonly tried: number;
  readonly opened: number;
  /** Most connections that were open at the same time. */
  readonly mostOpen: number;
  readonly messages: number;
  readonly bytes: number;
  /** Ticks that attackers got and read. */
  readonly ticks: number;
  /** How often each answer came: `success`, or an error's code. */
  readonly answers: Readonly<Record<string, number>>;
  /** How often connections were ended by the other side, by reason. */
  readonly ends: Readonly<Record<string, number>>;
  /** What must not have happened. */
  readonly faults: readonly string[];
}

/** Reasons carry numbers that differ from one connection to the next. */
const MOST_REASONS = 30;
const MOST_FAULTS = 10;

function count(counts: Record<string, number>, name: string): void {
  const isRoom = Object.hasOwn(counts, name) || Object.keys(counts).length < MOST_REASONS;
  const key = isRoom ? name : 'others';
  counts[key] = (counts[key] ?? 0) + 1;
}

export class Tally {
  tried = 0;
  opened = 0;
  messages = 0;
  bytes = 0;
  ticks = 0;
  #open = 0;
  #mostOpen = 0;
  readonly #answers: Record<string, number> = {};
  readonly #ends: Record<string, number> = {};
  readonly #faults: string[] = [];

  onOpen(): void {
    this.opened++;
    this.#open++;
    this.#mostOpen = Math.max(this.#mostOpen, this.#open);
  }

  /** An open connection is closed, by whomever. */
  onClose(): void {
    this.#open--;
  }

  /** The other side ended a connection, or refused it. */
  onEnd(reason: string): void {
    count(this.#ends, reason);
  }

  onAnswer(what: string): void {
    count(this.#answers, what);
  }

  fault(what: string): void {
    if (this.#faults.length < MOST_FAULTS) this.#faults.push(what);
  }

  get outcome(): AttackOutcome {
    return {
      tried: this.tried,
      opened: this.opened,
      mostOpen: this.#mostOpen,
      messages: this.messages,
      bytes: this.bytes,
      ticks: this.ticks,
      answers: this.#answers,
      ends: this.#ends,
      faults: this.#faults,
    };
  }
}

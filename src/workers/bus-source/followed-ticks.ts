/**
 * One kind of an instrument's ticks (modes LTP to DEPTH, or the deep overlay) as several hosts of one feed send them, of
 * which one is followed. Says of each message whether clients get it, and keeps the last value.
 *
 * A host's messages come in its order, but not each comes once: answers to new subscriptions reach all subscribers of a
 * topic, quiet topics are repeated, and a tick may come under the topics of two modes. So messages are told apart by the
 * host's epoch and sequence number. Epochs of two hosts do not compare: what follows a switch is shifted to be higher than
 * all before it. Proxy worker thread; nothing here throws.
 */
import { FLAG } from '../../codec/tick.ts';
import { modeOf, readInt64, WORD, writeInt64 } from '../../codec/tick-message.ts';
import { EpochShift } from '../bus/epoch-shift.ts';
import { HeldTick } from './held-tick.ts';

const NS_PER_MS = 1e6;
/** Behind a switch: how much later a tick may reach one host than another. */
const MOST_LAG_NS = 5e9;

/** Where one host's messages stand, in its own numbers. */
class HostPosition {
  epoch = 0;
  seq = 0;
  /** Highest mode in which the latest tick came. */
  mode = 0;
  /** The host was started anew: an epoch lower than the last is no old one, but that of a clock that was set back. */
  isReborn = false;
  /** Since then the broker's connection is down, ms since 1970; 0 while it is up. What was received before is no value. */
  downSince = 0;
  /** Last value while another host is followed. */
  readonly spare = new HeldTick();
}

/** Ticks that did not come, of all instruments that share it. */
export interface LossCounter {
  lost: number;
}

export class FollowedTicks {
  /** What clients had last, with the epoch and the sequence number under which they had it. */
  readonly last = new HeldTick();
  readonly #hosts: readonly HostPosition[];
  readonly #shift = new EpochShift();
  readonly #loss: LossCounter;
  #followed: number;
  /** What clients had last. The exchange's time is in ms; where it is not known, the time of receipt tells which is older. */
  #epoch = 0;
  #seq = 0;
  #exchangeTimeMs = 0;
  #exchangeSeq = 0;
  #receiveTimeNs = 0;
  /** The host that is followed now had nothing newer than what clients have: only its next tick will do. */
  #awaitsNext = false;

  /**
   * @param hosts how many there are
   * @param followed the one that is followed
   * @param floor every epoch is told as higher than this one
   */
  constructor(hosts: number, followed: number, floor: number, loss: LossCounter) {
    this.#hosts = Array.from({ length: hosts }, () => new HostPosition());
    this.#followed = followed;
    this.#loss = loss;
    if (floor > 0) {
      this.#shift.apply(floor);
      this.#shift.takeOver();
    }
  }

  /** The latest epoch that clients read. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether clients read other epochs than the host's own. */
  get isShifted(): boolean {
    return !this.#shift.isNone;
  }

  /**
   * Takes a message of a host. Hot path; allocates nothing but room for the last value.
   *
   * @param words changed in place to what clients get
   * @returns whether it is handed over: a new tick, or the latest one in a higher mode than before
   */
  take(host: number, words: Int32Array, wordCount: number): boolean {
    const from = this.#hosts[host]!;
    const epoch = readInt64(words, WORD.EPOCH);
    const seq = readInt64(words, WORD.SEQ);
    const mode = modeOf(words);
    const flags = words[WORD.FLAGS]!;
    const isFollowed = host === this.#followed;
    // The flag is for a client that has just subscribed, which gets it from the last value.
    words[WORD.FLAGS] = flags & ~FLAG.SNAPSHOT;
    let isNew = epoch > from.epoch || (epoch === from.epoch && seq > from.seq);
    if (!isNew && (epoch !== from.epoch || seq !== from.seq)) {
      if (!from.isReborn || epoch >= from.epoch) return false;
      isNew = true;
    }
    if (from.isReborn && epoch !== from.epoch && isFollowed) this.#shift.takeOver();
    const isHigher = !isNew && mode > from.mode;
    const isFull = isNew || mode >= from.mode;
    if (isNew) {
      from.epoch = epoch;
      from.seq = seq;
      from.isReborn = false;
    }
    if (isFull) from.mode = mode;
    if (!isFollowed) {
      keepValue(from, from.spare, words, wordCount, isFull);
      return false;
    }
    if (this.#awaitsNext) {
      if (!isNew || this.#isBehind(words, (flags & FLAG.SNAPSHOT) === 0)) return false;
      this.#awaitsNext = false;
    }
    this.#tell(words, epoch, seq, isNew);
    keepValue(from, this.last, words, wordCount, isFull);
    return isNew || isHigher;
  }

  /** From now on this host's messages are handed over, in a new epoch. Call `promote` before any of them is taken. */
  follow(host: number): void {
    if (host === this.#followed) return;
    this.#followed = host;
    this.#shift.takeOver();
  }

  /**
   * After a switch: the value that the host had before it was followed, if clients have none that is newer.
   *
   * @param words large enough for any message
   * @returns its length in words, to be handed over; 0 when there is none
   */
  promote(words: Int32Array): number {
    const from = this.#hosts[this.#followed]!;
    const wordCount = from.spare.copyTo(words);
    from.spare.forget();
    if (wordCount === 0 || (this.#epoch > 0 && this.#isBehind(words, false))) {
      this.#awaitsNext = this.#epoch > 0;
      // The very tick that clients have is as fresh as this host says.
      const isFresh = wordCount > 0 && this.#isSame(words) && (words[WORD.FLAGS]! & FLAG.STALE) === 0;
      this.last.setStale(!isFresh);
      return 0;
    }
    this.#awaitsNext = false;
    this.#tell(words, from.epoch, from.seq, true);
    this.last.keep(words, wordCount);
    return wordCount;
  }

  /** The host was started anew: it says anew how its feed stands, by a clock that may have been set back. */
  onReborn(host: number): void {
    const from = this.#hosts[host]!;
    from.isReborn = true;
    from.downSince = 0;
  }

  /** The host's feed is silent, or the host is: what it sent last is no present price. */
  onSilent(host: number): void {
    (host === this.#followed ? this.last : this.#hosts[host]!.spare).setStale(true);
  }

  /**
   * The host's broker is away: there is no last value until the next tick.
   * @param since ms since 1970
   */
  onDown(host: number, since: number): void {
    const from = this.#hosts[host]!;
    from.downSince = since;
    (host === this.#followed ? this.last : from.spare).forget();
  }

  /** Writes the epoch that clients read, and notes where they stand. */
  #tell(words: Int32Array, epoch: number, seq: number, isNew: boolean): void {
    const shifted = this.#shift.apply(epoch);
    writeInt64(words, WORD.EPOCH, shifted);
    if (!isNew) return;
    if (shifted === this.#epoch) this.#loss.lost += seq - this.#seq - 1;
    this.#epoch = shifted;
    this.#seq = seq;
    this.#exchangeTimeMs = exchangeTimeMs(words);
    this.#exchangeSeq = readInt64(words, WORD.EXCHANGE_SEQ);
    this.#receiveTimeNs = readInt64(words, WORD.RECEIVE_TIME_NS);
  }

  /**
   * Whether clients have this tick of another host, or a later one. The exchange's time has a second where ticks have
   * none finer, so its sequence number decides within one; our hosts' clocks decide where the exchange says neither.
   *
   * @param isLive it is no last value: one whose host lags by no more than `MOST_LAG_NS` is left out, but nothing else, so
   *   that an exchange whose numbers begin anew silences nobody
   */
  #isBehind(words: Int32Array, isLive: boolean): boolean {
    const lagNs = readInt64(words, WORD.RECEIVE_TIME_NS) - this.#receiveTimeNs;
    if (isLive && lagNs > MOST_LAG_NS) return false;
    const timeMs = exchangeTimeMs(words);
    const areTimed = timeMs > 0 && this.#exchangeTimeMs > 0;
    if (areTimed && timeMs !== this.#exchangeTimeMs) return timeMs < this.#exchangeTimeMs;
    const exchangeSeq = readInt64(words, WORD.EXCHANGE_SEQ);
    if (exchangeSeq > 0 && this.#exchangeSeq > 0) return exchangeSeq <= this.#exchangeSeq;
    return !isLive && !areTimed && lagNs < 0;
  }

  #isSame(words: Int32Array): boolean {
    const exchangeSeq = readInt64(words, WORD.EXCHANGE_SEQ);
    return (
      exchangeSeq > 0 && exchangeSeq === this.#exchangeSeq && exchangeTimeMs(words) === this.#exchangeTimeMs
    );
  }
}

/** 0 when it is not known. */
function exchangeTimeMs(words: Int32Array): number {
  if ((words[WORD.FLAGS]! & FLAG.ABSENT_EXCHANGE_TIME) !== 0) return 0;
  return readInt64(words, WORD.EXCHANGE_TIME_MS);
}

/** @param isFull false for the tick that is held already, in a lower mode: it says only whether that one is stale */
function keepValue(
  from: HostPosition,
  held: HeldTick,
  words: Int32Array,
  wordCount: number,
  isFull: boolean,
): void {
  if (from.downSince > 0) {
    if (readInt64(words, WORD.RECEIVE_TIME_NS) < from.downSince * NS_PER_MS) return;
    from.downSince = 0;
  }
  if (isFull) held.keep(words, wordCount);
  else held.setStale((words[WORD.FLAGS]! & FLAG.STALE) !== 0);
}

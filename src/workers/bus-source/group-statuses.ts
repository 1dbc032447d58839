/**
 * What clients are told of how the feed of their instruments stands: the word of the host that is followed, or that it is
 * away. Proxy worker thread, at the pace of changes.
 */
import type { FeedStatusNews } from '../worker-messages.ts';
import type { FeedLink } from './feed-link.ts';
import type { SourceInstrument, StatusWord } from './source-instrument.ts';

export class GroupStatuses {
  readonly #links: readonly FeedLink[];
  readonly #tell: (news: FeedStatusNews) => void;
  /** One word for all instruments that a host's absence concerns. */
  readonly #absences = new Map<FeedLink, StatusWord>();

  constructor(links: readonly FeedLink[], tell: (news: FeedStatusNews) => void) {
    this.#links = links;
    this.#tell = tell;
  }

  onLinkState(link: FeedLink, detail: string): void {
    if (link.state !== 'away') this.#absences.delete(link);
    else {
      const reason = `the feed host ${link.endpoint} is away: ${detail}`;
      this.#absences.set(link, { status: 'recovering', since: link.since, reason });
    }
  }

  /** The followed host has changed: its word is told with the reason of the change. */
  onSwitched(entry: SourceInstrument, from: FeedLink, words: Map<StatusWord, StatusWord>): void {
    const link = this.#links[entry.followed]!;
    const word = link.statuses.get(entry.key);
    if (word === undefined) return;
    let by = words.get(word);
    if (by === undefined) {
      const reason = `${word.reason}; the feed host was switched from ${from.endpoint} to ${link.endpoint}`;
      by = { ...word, since: Date.now(), reason };
      words.set(word, by);
    }
    entry.instead = { word, by };
  }

  /** Tells what is news of these instruments, one message for all of which the same is said. */
  publish(entries: Iterable<SourceInstrument>): void {
    const groups = new Map<StatusWord, Map<string, number[]>>();
    for (const entry of entries) {
      const word = this.#present(entry);
      if (word === undefined || word === entry.told) continue;
      entry.told = word;
      const { broker, slot } = entry.instrument;
      let brokers = groups.get(word);
      if (brokers === undefined) {
        brokers = new Map();
        groups.set(word, brokers);
      }
      const slots = brokers.get(broker);
      if (slots === undefined) brokers.set(broker, [slot]);
      else slots.push(slot);
    }
    for (const [word, brokers] of groups) {
      for (const [broker, slots] of brokers) this.#tell({ type: 'feedStatus', ...word, broker, slots });
    }
  }

  #present(entry: SourceInstrument): StatusWord | undefined {
    const link = this.#links[entry.followed]!;
    const absence = this.#absences.get(link);
    if (absence !== undefined) return absence;
    const word = link.statuses.get(entry.key);
    return word !== undefined && word === entry.instead?.word ? entry.instead.by : word;
  }
}

/**
 * What clients are told of how the feed of their instruments stands: the word of the host that is followed, or that it is
 * away. Proxy worker thread, at the pace of changes.
 */
import type { FeedStatusNews } from '../worker-messages.ts';
import type { GroupLink } from './group-link.ts';
import type { SourceInstrument, StatusWord } from './source-instrument.ts';

export class GroupStatuses {
  readonly #links: readonly GroupLink[];
  readonly #tell: (news: FeedStatusNews) => void;
  /** One word for all instruments that a host's absence concerns. */
  readonly #absences = new Map<GroupLink, StatusWord>();

  constructor(links: readonly GroupLink[], tell: (news: FeedStatusNews) => void) {
    this.#links = links;
    this.#tell = tell;
  }

  onLinkState(link: GroupLink, detail: string): void {
    if (link.state === 'up') this.#absences.delete(link);
    else {
      const reason = `the feed host ${link.endpoint} is away: ${detail}`;
      this.#absences.set(link, { status: 'recovering', since: link.since, reason });
    }
  }

  /** The followed host has changed: its word is told with the reason of the change. */
  onSwitched(entry: SourceInstrument, from: GroupLink, words: Map<StatusWord, StatusWord>): void {
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

  /**
   * Tells how these instruments stand, one message for all of which the same is said.
   * @param isAnswer also what was told already: who asks for several of them is told of all in one
   */
  publish(entries: Iterable<SourceInstrument>, isAnswer = false): void {
    const groups = new Map<string, { readonly news: Omit<FeedStatusNews, 'slots'>; slots: number[] }>();
    for (const entry of entries) {
      const word = this.#present(entry);
      if (word === undefined || (word === entry.told && !isAnswer)) continue;
      entry.told = word;
      const { broker, slot } = entry.instrument;
      const { status, since, reason } = word;
      // Hosts say the same of several instruments at different times.
      const key = JSON.stringify([status, since, reason, broker]);
      const group = groups.get(key);
      if (group === undefined)
        groups.set(key, { news: { type: 'feedStatus', ...word, broker }, slots: [slot] });
      else group.slots.push(slot);
    }
    for (const { news, slots } of groups.values()) this.#tell({ ...news, slots });
  }

  #present(entry: SourceInstrument): StatusWord | undefined {
    const link = this.#links[entry.followed]!;
    const absence = this.#absences.get(link);
    if (absence !== undefined) return absence;
    const word = link.statuses.get(entry.key);
    return word !== undefined && word === entry.instead?.word ? entry.instead.by : word;
  }
}

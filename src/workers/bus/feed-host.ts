/**
 * What a feed host says and is asked, put together: ticks and events for subscribers, wishes for main, answers for proxies.
 * It has no socket of its own; what it has to send waits in the outlet. Bus worker thread.
 */
import { randomBytes } from 'node:crypto';
import { parseTopic } from '../../codec/topic.ts';
import type { BusTask } from '../reader-tasks.ts';
import type { RingTickSource } from '../ring/ring-tick-source.ts';
import type { FeedStatusNews, FromReader, ToReader } from '../worker-messages.ts';
import { BusNews } from './bus-news.ts';
import type { BusOutlet } from './bus-outlet.ts';
import { BusStatuses } from './bus-statuses.ts';
import { BusSubscriptions } from './bus-subscriptions.ts';
import { BusWishes } from './bus-wishes.ts';
import { ControlDesk } from './control-desk.ts';
import type { ControlAnswer, ControlRequest } from './control-message.ts';
import { TickPublisher } from './tick-publisher.ts';

export interface FeedHostOptions {
  readonly task: Pick<BusTask, 'lingerMs' | 'heartbeatMs' | 'hello' | 'accounts' | 'takeovers'>;
  readonly source: RingTickSource;
  readonly outlet: BusOutlet;
  readonly post: (message: FromReader) => void;
}

export class FeedHost {
  readonly subscriptions = new BusSubscriptions();
  readonly publisher: TickPublisher;
  readonly news: BusNews;
  readonly #options: FeedHostOptions;
  readonly #statuses: BusStatuses;
  readonly #wishes: BusWishes;
  readonly #desk: ControlDesk;
  #revision = 0;

  constructor(options: FeedHostOptions) {
    this.#options = options;
    const { task, source, outlet, post } = options;
    const { subscriptions } = this;
    const revise = () => this.#revise();
    const host = randomBytes(8).toString('hex');
    const statuses = new BusStatuses(revise);
    const isEnded = (slot: number) => statuses.isEnded(slot);
    // Epochs are times of this clock, so what was published under a higher one than the feed's is below the present.
    const epochFloor = task.takeovers > 0 ? Date.now() : 0;
    const publisher = new TickPublisher({ outlet, source, subscriptions, isEnded, epochFloor });
    const news = new BusNews({ host, outlet, subscriptions, statuses, revise });
    const wishes = new BusWishes({
      lingerMs: task.lingerMs,
      post,
      isSubscribed: (topic) => subscriptions.has(topic),
      isEnded,
      onHeld: (instrument, foreign) => {
        statuses.hold(instrument);
        publisher.prefer(instrument);
        if (foreign !== null) publisher.learn(foreign);
      },
      onServed: (topic) => publisher.answer(topic),
      onReleased: (instrument, isWanted) => {
        if (isWanted) statuses.leave(instrument);
        else statuses.release(instrument);
        publisher.release(instrument);
      },
    });
    const { hello, heartbeatMs } = task;
    this.#desk = new ControlDesk({ host, hello, heartbeatMs, post, wishes, publisher, statuses, news });
    this.#statuses = statuses;
    this.#wishes = wishes;
    this.publisher = publisher;
    this.news = news;
    for (const status of task.accounts) news.onAccount(status);
  }

  stop(): void {
    this.#wishes.stop();
  }

  counters(): Record<string, number> {
    const { ticks, snapshots, republished, takeovers } = this.publisher;
    const { refused, held } = this.#wishes;
    return {
      subscriptions: this.subscriptions.size,
      held,
      refused,
      ticks,
      snapshots,
      republished,
      takeovers: this.#options.task.takeovers + takeovers,
      events: this.news.events,
    };
  }

  answer(request: ControlRequest): ControlAnswer | Promise<ControlAnswer> {
    return this.#desk.answer(request);
  }

  onSubscribe(prefix: string): void {
    this.subscriptions.add(prefix);
    const topic = parseTopic(prefix);
    if (topic !== null) this.#wishes.subscribe(topic);
    this.publisher.answer(prefix);
    this.news.answer(prefix);
  }

  onUnsubscribe(prefix: string): void {
    this.subscriptions.delete(prefix);
    const topic = parseTopic(prefix);
    if (topic !== null) this.#wishes.unsubscribe(topic);
  }

  /** @returns false for a message that it does not know */
  handle(message: ToReader): boolean {
    switch (message.type) {
      case 'keyVerified':
        this.#desk.onKeyVerified(message.id, message.outcome);
        break;
      case 'standings':
        this.#desk.onStandings(message.id, message.standings);
        break;
      case 'standingsChanged':
        this.news.onStandingsChanged();
        break;
      case 'subscribed':
        this.#wishes.onSubscribed(message.id, message.outcomes);
        break;
      case 'moved':
        this.#wishes.onMoved(message.moves);
        break;
      case 'account':
        this.news.onAccount(message.status);
        break;
      case 'feedStatus':
        this.#onFeedStatus(message);
        break;
      case 'requestRefused':
        this.news.onRefused(message);
        break;
      case 'orderUpdate':
        this.news.onOrderUpdate(message);
        break;
      default:
        return false;
    }
    this.news.publishStatuses();
    return true;
  }

  #onFeedStatus(news: FeedStatusNews): void {
    this.#statuses.onNews(news);
    if (news.status === 'session_expired') this.#wishes.onEnded(news.slots);
  }

  /** Rises with every statement, and over the life of feed hosts as far as their clocks do. */
  #revise(): number {
    this.#revision = Math.max(this.#revision + 1, Date.now());
    return this.#revision;
  }
}

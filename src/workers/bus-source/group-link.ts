import type { ControlAnswer, HelloAnswer } from '../bus/control-message.ts';
import type { Capabilities } from '../proxy/capabilities.ts';
import type { Question } from './control-client.ts';
import type { LinkTopics } from './link-topics.ts';
import type { MessageQueue } from './message-queue.ts';
import type { StatusBook } from './status-book.ts';

/** A counter of a proxy worker begins so; the endpoint follows. */
export const LINK_RECONNECTS = 'linkReconnects_';

export type LinkState = 'connecting' | 'up' | 'away';

/** A link to one feed host, as its feed sees it. */
export interface GroupLink {
  readonly endpoint: string;
  /** Number among the hosts of its feed. */
  readonly host: number;
  /** What was received and is not drained yet. */
  readonly queue: MessageQueue;
  readonly topics: LinkTopics;
  readonly statuses: StatusBook;
  readonly state: LinkState;
  /** When the link became what it is, ms since 1970. */
  readonly since: number;
  /** What the host said of itself last, null before the first word. */
  readonly hello: HelloAnswer | null;
  readonly capabilities: Capabilities | null;
  /** Asks the host. @throws Error that says why there is no answer */
  ask(question: Question): Promise<ControlAnswer>;
  /** Resolves at once unless the link is being made for the first time; then when it is made, or cannot be. */
  untilDecided(): Promise<boolean>;
  /** A heartbeat was drained. @param host which start of the host it is of */
  onHeartbeat(host: string): void;
  /** The last heartbeat of a host that is stopped in order was drained. */
  onGoodbye(host: string): void;
}

/**
 * Tells an operator who is connected, in slices between which ticks pass: a thousand clients take some milliseconds. Proxy
 * worker thread.
 */
import type { ClientRow, FromClientReport, SubscriptionRow, ToClientReport } from '../../client-messages.ts';
import { addressText } from '../admission/client-address.ts';
import type { WorkTurns } from '../admission/work-turns.ts';
import { type ClientSession, holdingKey } from './client-session.ts';
import { subscriptionsOf } from './client-subscriptions.ts';
import { CLOSE, type Close } from './close-codes.ts';

/** Of all clients that are described: 0.1 µs each. */
const MAX_COUNTED_INSTRUMENTS = 50_000;
/** Instruments of a client behind which ticks may pass: some 0.02 ms where none of them is in a cache. */
const COUNTED_PART = 100;

const TO_REPORT: ReadonlySet<string> = new Set<ToClientReport['type']>([
  'describeClients',
  'describeSubscriptions',
  'disconnectClient',
]);

type Asked<T extends ToClientReport['type']> = Extract<ToClientReport, { readonly type: T }>;

/** A client as it stands when it is looked at. */
interface Candidate {
  readonly session: ClientSession;
  readonly backlogBytes: number;
  readonly subscriptions: number;
}

export interface ClientReportParts {
  readonly sessions: ReadonlySet<ClientSession>;
  readonly turns: Pick<WorkTurns, 'each'>;
  readonly end: (connection: number, close: Close) => boolean;
  readonly post: (message: FromClientReport) => void;
}

export class ClientReport {
  readonly #parts: ClientReportParts;

  constructor(parts: ClientReportParts) {
    this.#parts = parts;
  }

  /** @returns false for a message that is none of these */
  handle(message: { readonly type: string } | ToClientReport): boolean {
    if (!isToClientReport(message)) return false;
    if (message.type === 'describeClients') void this.#describe(message);
    else if (message.type === 'describeSubscriptions') void this.#describeSubscriptions(message);
    else {
      const isFound = this.#parts.end(message.connection, CLOSE.BY_OPERATOR);
      this.#parts.post({ type: 'clientDisconnected', id: message.id, isFound });
    }
    return true;
  }

  async #describe(asked: Asked<'describeClients'>): Promise<void> {
    const { sessions, turns, post } = this.#parts;
    const { id, limit } = asked;
    const names = asked.instruments.map(({ exchange, symbol }) => holdingKey(exchange, symbol));
    const holders = names.map(() => 0);
    const furthest: Candidate[] = [];
    await turns.each(sessions, (session) => {
      const { backlogBytes, subscriptions } = session;
      place(furthest, { session, backlogBytes, subscriptions: subscriptions.count }, limit);
      for (let i = 0; i < names.length; i++) if (session.holdings.has(names[i]!)) holders[i]!++;
    });
    const clients: ClientRow[] = [];
    const counted = { left: MAX_COUNTED_INSTRUMENTS };
    await turns.each(rowsOf(furthest, counted), (row) => {
      if (row !== null) clients.push(row);
    });
    post({ type: 'clientsDescribed', id, clients, total: sessions.size, holders });
  }

  async #describeSubscriptions({ id, connection, limit }: Asked<'describeSubscriptions'>): Promise<void> {
    const { sessions, turns, post } = this.#parts;
    let found: ClientSession | null = null;
    for (const session of sessions) if (session.connection.id === connection) found = session;
    const session = found;
    const subscriptions: SubscriptionRow[] = [];
    if (session !== null) {
      const note = (row: SubscriptionRow) => void subscriptions.push(row);
      await turns.each(subscriptionsOf(session, limit), note, () => session.open);
    }
    const isThere = session?.open === true;
    const total = session?.subscriptions.count ?? 0;
    post({ type: 'subscriptionsDescribed', id, listing: isThere ? { subscriptions, total } : null });
  }
}

function isToClientReport(message: { readonly type: string } | ToClientReport): message is ToClientReport {
  return TO_REPORT.has(message.type);
}

/** Keeps a list of so many in order: furthest behind first, then those with the most subscriptions. */
function place(list: Candidate[], candidate: Candidate, limit: number): void {
  if (list.length >= limit && (limit === 0 || !isBefore(candidate, list[limit - 1]!))) return;
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isBefore(candidate, list[middle]!)) to = middle;
    else from = middle + 1;
  }
  list.splice(from, 0, candidate);
  if (list.length > limit) list.pop();
}

function isBefore(one: Candidate, other: Candidate): boolean {
  if (one.backlogBytes !== other.backlogBytes) return one.backlogBytes > other.backlogBytes;
  return one.subscriptions > other.subscriptions;
}

/** Null wherever there may be a pause. */
function* rowsOf(candidates: readonly Candidate[], counted: { left: number }): Generator<ClientRow | null> {
  for (const candidate of candidates) {
    const { session } = candidate;
    const sentBytes = session.open ? yield* sentTo(session, counted) : null;
    if (session.open) yield describe(candidate, sentBytes);
  }
}

function describe({ session, backlogBytes, subscriptions }: Candidate, sentBytes: number | null): ClientRow {
  const { connection, identity, options, slow } = session;
  return {
    connection: connection.id,
    address: connection.address ?? addressText(session.socket.getRemoteAddress()),
    user: identity?.userId ?? null,
    keyId: identity?.keyId ?? null,
    role: identity?.rights?.role ?? null,
    framing: options.framing,
    dialect: options.dialect,
    connectedAt: Math.round(performance.timeOrigin + session.connectedAt),
    subscriptions,
    backlogBytes,
    conflated: slow?.client.size ?? 0,
    slow: slow !== null && slow.behind !== 0,
    sentBytes,
  };
}

/** What its topics brought and what was sent to it alone. */
function* sentTo(session: ClientSession, counted: { left: number }): Generator<null, number | null> {
  const { holdings, isDirect, topicOffset } = session;
  if (isDirect) return session.sentBytes;
  counted.left -= holdings.size;
  if (counted.left < 0) return null;
  let [bytes, instruments] = [0, 0];
  for (const held of holdings.values()) {
    const { slow } = session;
    for (const { streams } of held) {
      for (const stream of streams.values()) {
        if (slow === null || !slow.client.has(stream)) bytes += stream.publishedBytes;
      }
    }
    if (++instruments % COUNTED_PART === 0) yield null;
  }
  // A stream that it joined or left in a pause was counted twice, or not at all: the next list tells it.
  return session.topicOffset === topicOffset ? session.sentBytes + topicOffset + bytes : null;
}

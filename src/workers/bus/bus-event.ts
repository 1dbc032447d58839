/**
 * What a feed host says on the bus beside ticks. A message is a topic and a JSON text; topics begin with `@`, which no
 * broker's name does, and end with their separator, as those of ticks do.
 *
 * | topic                 | JSON                                                       | answered on a subscription |
 * | `@heartbeat/`         | host, at, entitlements; in the last one leaving            | yes                        |
 * | `@status/<broker>/`   | revision, status, since, reason, broker, instruments       | with all that hold now     |
 * | `@account/<user>/`    | revision, name, broker, hasSession, isConnected            | yes                        |
 * | `@orders/<user>/`     | the order update as it came                                | no                         |
 * | `@refused/<broker>/`  | broker, mode, code, message, isLimit, instruments          | no                         |
 *
 * Times are ms since 1970, instruments pairs of exchange and symbol. A revision rises over the life of feed hosts: of two
 * statements about the same, the one with the higher revision holds, whichever came first.
 */
import { MODE, type Mode } from '../../codec/tick.ts';
import { escapePart, unescapePart } from '../../codec/topic.ts';
import type { AccountStatus, FeedStatusName, InstrumentName } from '../worker-messages.ts';
import {
  type ForeignObject,
  isCount,
  isFlag,
  isName,
  isText,
  parseObject,
  readInstrumentPair,
  readList,
  writeInstrumentPair,
} from './foreign-json.ts';

/** The feed host lives. */
export interface HeartbeatEvent {
  readonly type: 'heartbeat';
  /** Differs between any two starts of feed hosts. */
  readonly host: string;
  readonly at: number;
  /** Counts the changes of what keys may do since that start; not there where keys may do everything. */
  readonly entitlements?: number;
  /** It is stopped in order, and these are its last words. */
  readonly leaving?: true;
}

/** How the feed of instruments stands from now on. */
export interface StatusEvent {
  readonly type: 'status';
  readonly revision: number;
  readonly status: FeedStatusName;
  readonly since: number;
  /** For people. */
  readonly reason: string;
  readonly broker: string;
  readonly instruments: readonly InstrumentName[];
}

/** What is known of a user's broker session, and since which statement. */
export interface RevisedAccount
  extends Pick<AccountStatus, 'name' | 'broker' | 'hasSession' | 'isConnected'> {
  readonly revision: number;
}

export interface AccountEvent extends RevisedAccount {
  readonly type: 'account';
}

/** An order event of a user, as the JSON text that came. */
export interface OrdersEvent {
  readonly type: 'orders';
  readonly userId: string;
  readonly text: string;
}

/** The broker does not serve instruments in a mode. */
export interface RefusedEvent {
  readonly type: 'refused';
  readonly broker: string;
  /** DEEP_DEPTH for the overlay alone; any other stands for all that is not the overlay. */
  readonly mode: Mode;
  /** The broker's words; may be empty. */
  readonly code: string;
  readonly message: string;
  /** The connection has no room for them: another one may. */
  readonly isLimit: boolean;
  readonly instruments: readonly InstrumentName[];
}

export type BusEvent = HeartbeatEvent | StatusEvent | AccountEvent | OrdersEvent | RefusedEvent;

/** First character of the topics of events. */
export const EVENT_MARK = '@';
export const HEARTBEAT_TOPIC = '@heartbeat/';

const STATUS_NAMES: { readonly [name in FeedStatusName]: true } = {
  connecting: true,
  live: true,
  stale: true,
  mute: true,
  recovering: true,
  market_closed: true,
  session_expired: true,
};

/** The topic of a kind of event about a broker or a user. */
export function eventTopic(type: Exclude<BusEvent['type'], 'heartbeat'>, subject: string): string {
  return `${EVENT_MARK}${type}/${escapePart(subject)}/`;
}

/** Topic and payload of an event, as they are sent. */
export function encodeEvent(event: BusEvent): [string, string] {
  switch (event.type) {
    case 'heartbeat':
      return [HEARTBEAT_TOPIC, JSON.stringify({ ...event, type: undefined })];
    case 'status':
      return [eventTopic('status', event.broker), JSON.stringify(statusToJson(event))];
    case 'account':
      return [eventTopic('account', event.name), JSON.stringify(accountToJson(event))];
    case 'orders':
      return [eventTopic('orders', event.userId), event.text];
    case 'refused': {
      const { type, instruments, ...rest } = event;
      const payload = { ...rest, instruments: instruments.map(writeInstrumentPair) };
      return [eventTopic(type, event.broker), JSON.stringify(payload)];
    }
  }
}

/** The event of a message, null for what is none or is not as it should be. Never throws. */
export function parseEvent(topic: string, payload: Uint8Array): BusEvent | null {
  const [, type, subject] = /^@([a-z]+)\/(?:([^/]+)\/)?$/.exec(topic) ?? [];
  const fields = parseObject(payload);
  if (type === undefined || fields === undefined) return null;
  if (type === 'heartbeat') return subject === undefined ? parseHeartbeat(fields) : null;
  if (subject === undefined) return null;
  const name = unescapePart(subject);
  switch (type) {
    case 'status': {
      const event = statusFromJson(fields);
      return event?.broker === name ? event : null;
    }
    case 'account': {
      const account = accountFromJson(fields);
      return account?.name === name ? { type, ...account } : null;
    }
    case 'orders':
      return isName(name) ? { type, userId: name, text: Buffer.from(payload).toString('utf8') } : null;
    case 'refused':
      return fields.broker === name ? parseRefused(fields) : null;
    default:
      return null;
  }
}

/** A status as it stands in JSON: in an event, and in the answer to a control request. */
export function statusToJson({ type: _, instruments, ...rest }: StatusEvent): ForeignObject {
  return { ...rest, instruments: instruments.map(writeInstrumentPair) };
}

/** What `statusToJson` made; undefined for anything else. */
export function statusFromJson(fields: ForeignObject): StatusEvent | undefined {
  const { revision, status, since, reason, broker } = fields;
  const instruments = readList(fields.instruments, readInstrumentPair);
  if (!isCount(revision) || !isStatusName(status) || !isCount(since)) return undefined;
  if (!isText(reason) || !isName(broker) || instruments === undefined) return undefined;
  return { type: 'status', revision, status, since, reason, broker, instruments };
}

/** An account as it stands in JSON: in an event, and in the answer to a control request. */
export function accountToJson(account: RevisedAccount): ForeignObject {
  const { revision, name, broker, hasSession, isConnected } = account;
  return { revision, name, broker, hasSession, isConnected };
}

/** What `accountToJson` made; undefined for anything else. */
export function accountFromJson(fields: ForeignObject): RevisedAccount | undefined {
  const { revision, name, broker, hasSession, isConnected } = fields;
  if (!isCount(revision) || !isName(name) || !isText(broker)) return undefined;
  if (!isFlag(hasSession) || !isFlag(isConnected)) return undefined;
  return { revision, name, broker, hasSession, isConnected };
}

function parseHeartbeat({ host, at, entitlements, leaving }: ForeignObject): HeartbeatEvent | null {
  if (!isName(host) || !isCount(at)) return null;
  const event: HeartbeatEvent = { type: 'heartbeat', host, at, ...(leaving === true && { leaving }) };
  if (entitlements === undefined) return event;
  return isCount(entitlements) ? { ...event, entitlements } : null;
}

function parseRefused(fields: ForeignObject): RefusedEvent | null {
  const { broker, mode, code, message, isLimit } = fields;
  const instruments = readList(fields.instruments, readInstrumentPair);
  if (!isName(broker) || !isMode(mode) || !isText(code) || !isText(message)) return null;
  if (!isFlag(isLimit) || instruments === undefined) return null;
  return { type: 'refused', broker, mode, code, message, isLimit, instruments };
}

function isStatusName(value: unknown): value is FeedStatusName {
  return isText(value) && Object.hasOwn(STATUS_NAMES, value);
}

/** Whether a value of elsewhere is a mode. */
export function isMode(value: unknown): value is Mode {
  return Object.values<unknown>(MODE).includes(value);
}

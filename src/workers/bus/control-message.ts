/**
 * What proxies ask a feed host, and its answers: one JSON frame each, from a DEALER to the ROUTER beside the bus and back.
 * The id is the asker's; answers come in any order.
 *
 * | request     | fields               | answer        | fields                                                         |
 * | `hello`     |                      | `hello`       | protocol, host, version, supportedBrokers, capabilities,       |
 * |             |                      |               | heartbeatMs, page                                              |
 * | `verifyKey` | key, checksRights,   | `keyVerified` | outcome, account                                               |
 * |             | asker                |               |                                                                |
 * | `standings` | keyIds               | `standings`   | roles, standings                                               |
 * | `resolve`   | account, wishes      | `resolved`    | askedAt, outcomes, statuses                                    |
 * | any         | id, protocol, type   | `error`       | code (CONTROL_PROTOCOL, CONTROL_INVALID, CONTROL_BUSY), message |
 */
import type { Instrument } from '../../codec/tick.ts';
import type { KeyStanding } from '../entitlement-messages.ts';
import type { CapabilityRow, ProxyTask } from '../reader-tasks.ts';
import type { InstrumentWish, KeyOutcome, KnownKey } from '../worker-messages.ts';
import {
  accountFromJson,
  accountToJson,
  isMode,
  type RevisedAccount,
  type StatusEvent,
  statusFromJson,
  statusToJson,
} from './bus-event.ts';
import {
  type ForeignObject,
  isCount,
  isFlag,
  isName,
  isObject,
  isText,
  parseObject,
  readList,
} from './foreign-json.ts';
import { isKeyId, rightsFromJson, standingsFromJson, standingsToJson } from './rights-json.ts';

/** Rises when an old proxy would misread a new feed host, or the other way round. */
export const CONTROL_PROTOCOL = 1;
/** A longer request is refused unread. Beyond the limit of the socket the peer is disconnected, without an answer. */
export const MAX_REQUEST_BYTES = 192 << 10;
/** More wishes are sent in several requests. */
export const MAX_RESOLVE_WISHES = 500;
/** Keys whose standing is asked in one request. */
export const MAX_STANDING_KEYS = 100;
/** Longest key that is asked about. API keys are hexadecimal, and much shorter. */
export const MAX_KEY_LENGTH = 1024;
/** An address or a network; the longest has 45 characters. */
const MAX_ASKER_LENGTH = 64;

export type ControlRequest =
  | { readonly id: number; readonly type: 'hello' }
  | {
      readonly id: number;
      readonly type: 'verifyKey';
      readonly key: string;
      /** The asker sees to it that clients get what the rights allow. */
      readonly checksRights: boolean;
      /** The address of its client, '' where it is not said: clients take turns where keys have to wait. */
      readonly asker: string;
    }
  | { readonly id: number; readonly type: 'standings'; readonly keyIds: readonly string[] }
  | {
      readonly id: number;
      readonly type: 'resolve';
      /** Whose broker session: the account of a `keyVerified`. */
      readonly account: string;
      readonly wishes: readonly InstrumentWish[];
    };

/** What a proxy needs to know of a feed host before it serves clients. */
export interface HelloData {
  readonly version: string;
  readonly supportedBrokers: readonly string[];
  readonly capabilities: readonly CapabilityRow[];
  readonly page: Omit<ProxyTask['page'], 'html'>;
}

export type ResolveOutcome =
  | {
      readonly status: 'ok';
      readonly instrument: Omit<Instrument, 'slot'>;
      /** There is a last value of at least the wished mode: a subscription of the topic will be answered with it. */
      readonly hasLast: boolean;
    }
  | { readonly status: 'error'; readonly code: string; readonly message: string };

export interface HelloAnswer extends HelloData {
  readonly id: number;
  readonly type: 'hello';
  readonly protocol: number;
  /** As in the heartbeats. */
  readonly host: string;
  /** Time between two heartbeats on the bus. */
  readonly heartbeatMs: number;
}

export interface KeyVerifiedAnswer {
  readonly id: number;
  readonly type: 'keyVerified';
  readonly outcome: KeyOutcome;
  readonly account: RevisedAccount | null;
}

export interface StandingsAnswer {
  readonly id: number;
  readonly type: 'standings';
  /** One per key, in their order. */
  readonly standings: readonly KeyStanding[];
}

export interface ResolvedAnswer {
  readonly id: number;
  readonly type: 'resolved';
  /** When the request was taken, by the feed host's clock, ns since 1970. */
  readonly askedAt: number;
  /** One per wish, in their order. */
  readonly outcomes: readonly ResolveOutcome[];
  /** How the feed of the instruments stands, as far as anything is known. */
  readonly statuses: readonly StatusEvent[];
}

export type ControlErrorCode = 'CONTROL_PROTOCOL' | 'CONTROL_INVALID' | 'CONTROL_BUSY';

export interface ErrorAnswer {
  /** 0 when the request had none that could be read. */
  readonly id: number;
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
}

export type ControlAnswer = HelloAnswer | KeyVerifiedAnswer | StandingsAnswer | ResolvedAnswer | ErrorAnswer;

export function encodeRequest(request: ControlRequest): string {
  const fields = { protocol: CONTROL_PROTOCOL, ...request };
  if (request.type !== 'resolve') return JSON.stringify(fields);
  const wishes = request.wishes.map(({ exchange, symbol, mode }) => [exchange, symbol, mode]);
  return JSON.stringify({ ...fields, wishes });
}

/** The request in a frame, or the answer that says what is wrong with it. Never throws. */
export function parseRequest(frame: Uint8Array): ControlRequest | ErrorAnswer {
  if (frame.length > MAX_REQUEST_BYTES) {
    return invalid(0, `the request has ${frame.length} bytes, the limit is ${MAX_REQUEST_BYTES}`);
  }
  const fields = parseObject(frame);
  if (fields === undefined) return invalid(0, 'the request is no JSON object');
  const { id, protocol, type, key, account } = fields;
  if (!isCount(id)) return invalid(0, 'id is no integer from 0 to 2^53 - 1');
  if (protocol !== CONTROL_PROTOCOL) {
    const theirs = isCount(protocol) ? protocol : 'none';
    const message =
      `the request is of control protocol ${theirs}, this feed host speaks ${CONTROL_PROTOCOL}: ` +
      'run the same version of Tickwire on feed hosts and proxies';
    return { id, type: 'error', code: 'CONTROL_PROTOCOL', message };
  }
  switch (type) {
    case 'hello':
      return { id, type };
    case 'verifyKey': {
      if (!isText(key) || key.length > MAX_KEY_LENGTH) {
        return invalid(id, `key is no text of at most ${MAX_KEY_LENGTH} characters`);
      }
      // Asked by a version that knows no roles, or no turns.
      const { checksRights = false, asker = '' } = fields;
      if (!isFlag(checksRights)) return invalid(id, 'checksRights is neither true nor false');
      if (!isText(asker) || asker.length > MAX_ASKER_LENGTH) {
        return invalid(id, `asker is no text of at most ${MAX_ASKER_LENGTH} characters`);
      }
      return { id, type, key, checksRights, asker };
    }
    case 'standings': {
      if (Array.isArray(fields.keyIds) && fields.keyIds.length > MAX_STANDING_KEYS) {
        return invalid(id, `there are ${fields.keyIds.length} keyIds, the limit is ${MAX_STANDING_KEYS}`);
      }
      const keyIds = readList(fields.keyIds, (keyId) => (isKeyId(keyId) ? keyId : undefined));
      return keyIds === undefined ? invalid(id, 'keyIds is no list of keyIds') : { id, type, keyIds };
    }
    case 'resolve': {
      if (!isName(account)) return invalid(id, 'account is no name');
      if (Array.isArray(fields.wishes) && fields.wishes.length > MAX_RESOLVE_WISHES) {
        return invalid(id, `there are ${fields.wishes.length} wishes, the limit is ${MAX_RESOLVE_WISHES}`);
      }
      const wishes = readList(fields.wishes, readWish);
      if (wishes === undefined) return invalid(id, 'wishes is no list of [exchange, symbol, mode 1 to 4]');
      return { id, type, account, wishes };
    }
    default:
      return invalid(id, 'type is none of hello, verifyKey, standings, resolve');
  }
}

export function encodeAnswer(answer: ControlAnswer): string {
  switch (answer.type) {
    case 'keyVerified': {
      const account = answer.account === null ? null : accountToJson(answer.account);
      return JSON.stringify({ ...answer, account });
    }
    case 'standings':
      return JSON.stringify({ ...answer, ...standingsToJson(answer.standings) });
    case 'resolved':
      return JSON.stringify({ ...answer, statuses: answer.statuses.map(statusToJson) });
    default:
      return JSON.stringify(answer);
  }
}

/** The answer in a frame, null for what is none or is not as it should be. Never throws. */
export function parseAnswer(frame: Uint8Array): ControlAnswer | null {
  const fields = parseObject(frame);
  if (fields === undefined || !isCount(fields.id)) return null;
  const { id, type } = fields;
  switch (type) {
    case 'hello':
      return parseHello(id, fields);
    case 'keyVerified': {
      const outcome = readKeyOutcome(fields.outcome);
      const account = isObject(fields.account) ? accountFromJson(fields.account) : undefined;
      if (outcome === undefined || (account === undefined && fields.account !== null)) return null;
      return { id, type, outcome, account: account ?? null };
    }
    case 'standings': {
      const standings = standingsFromJson(fields);
      return standings === undefined ? null : { id, type, standings };
    }
    case 'resolved': {
      const outcomes = readList(fields.outcomes, readResolveOutcome);
      const statuses = readList(fields.statuses, (status) =>
        isObject(status) ? statusFromJson(status) : undefined,
      );
      // Nanoseconds are beyond what a double holds exactly: near enough to compare times with.
      const { askedAt } = fields;
      if (typeof askedAt !== 'number' || !(askedAt >= 0)) return null;
      if (outcomes === undefined || statuses === undefined) return null;
      return { id, type, askedAt, outcomes, statuses };
    }
    case 'error': {
      const { code, message } = fields;
      return isName(code) && isText(message) ? { id, type, code, message } : null;
    }
    default:
      return null;
  }
}

function invalid(id: number, message: string): ErrorAnswer {
  return { id, type: 'error', code: 'CONTROL_INVALID' satisfies ControlErrorCode, message };
}

function readWish(value: unknown): InstrumentWish | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [exchange, symbol, mode]: unknown[] = value;
  return isName(exchange) && isName(symbol) && isMode(mode) ? { exchange, symbol, mode } : undefined;
}

function parseHello(id: number, fields: ForeignObject): HelloAnswer | null {
  const { protocol, host, version, heartbeatMs } = fields;
  const supportedBrokers = readList(fields.supportedBrokers, (name) => (isName(name) ? name : undefined));
  const capabilities = readList(fields.capabilities, readCapability);
  const page = isObject(fields.page) ? readPage(fields.page) : undefined;
  if (!isCount(protocol) || !isName(host) || !isText(version) || !isCount(heartbeatMs)) return null;
  if (supportedBrokers === undefined || capabilities === undefined || page === undefined) return null;
  return { id, type: 'hello', protocol, host, version, supportedBrokers, capabilities, heartbeatMs, page };
}

function readCapability(value: unknown): CapabilityRow | undefined {
  if (!isObject(value)) return undefined;
  const { broker, exchange } = value;
  const depthLevels = readList(value.depthLevels, (levels) => (isCount(levels) ? levels : undefined));
  if (!isName(broker) || !isName(exchange) || depthLevels === undefined) return undefined;
  return { broker, exchange, depthLevels };
}

function readPage(fields: ForeignObject): HelloData['page'] | undefined {
  const { demoKey, simulated, replayed } = fields;
  const watch = readList(fields.watch, (each) => {
    if (!isObject(each)) return undefined;
    const { exchange, symbol } = each;
    return isName(exchange) && isName(symbol) ? { exchange, symbol } : undefined;
  });
  if (demoKey !== null && !isText(demoKey)) return undefined;
  if (!isFlag(simulated) || !isFlag(replayed) || watch === undefined) return undefined;
  return { watch, demoKey, simulated, replayed };
}

function readKeyOutcome(value: unknown): KeyOutcome | undefined {
  if (!isObject(value)) return undefined;
  const { status, account, broker, code, message } = value;
  if (status === 'ok') {
    const key = readKnownKey(value);
    return key !== undefined && isName(account) && isName(broker)
      ? { status, ...key, account, broker }
      : undefined;
  }
  if (!isName(code) || !isText(message)) return undefined;
  if (status === 'refused') return { status, code, message };
  const key = readKnownKey(value);
  return status === 'brokerError' && key !== undefined ? { status, ...key, code, message } : undefined;
}

/** A feed host that knows no roles says neither key nor rights: its users' keys may do everything. */
function readKnownKey({ userId, keyId, rights }: ForeignObject): KnownKey | undefined {
  if (!isName(userId)) return undefined;
  const key = keyId === undefined ? `openalgo:${userId}` : keyId;
  const known = rights === undefined || rights === null ? null : rightsFromJson(rights);
  return isKeyId(key) && known !== undefined ? { userId, keyId: key, rights: known } : undefined;
}

function readResolveOutcome(value: unknown): ResolveOutcome | undefined {
  if (!isObject(value)) return undefined;
  const { status, code, message, hasLast } = value;
  if (status === 'error') {
    return isName(code) && isText(message) ? { status, code, message } : undefined;
  }
  if (status !== 'ok' || !isFlag(hasLast) || !isObject(value.instrument)) return undefined;
  const { broker, exchange, symbol, segment, token } = value.instrument;
  if (!isName(broker) || !isName(exchange) || !isName(symbol) || !isCount(segment) || !isText(token)) {
    return undefined;
  }
  return { status, instrument: { broker, exchange, symbol, segment, token }, hasLast };
}

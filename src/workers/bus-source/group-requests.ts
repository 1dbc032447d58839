/**
 * What the hosts of a feed are asked, one after the other until one answers. Proxy worker thread, at the pace of clients
 * that come and subscribe.
 */
import { setTimeout } from 'node:timers/promises';
import { type ControlAnswer, MAX_RESOLVE_WISHES, type ResolvedAnswer } from '../bus/control-message.ts';
import type { VerifiedKey } from '../proxy/control-plane.ts';
import type { InstrumentWish } from '../worker-messages.ts';
import { bestVerdict } from './best-verdict.ts';
import { NoAnswer, type Question } from './control-client.ts';
import { type FeedGroup, ownerOf } from './feed-group.ts';
import type { GroupLink } from './group-link.ts';

/** Half of what a feed host takes in one request. */
const MAX_WISH_BYTES = 128 << 10;
const RETRY_MS = 20;
const AWAY = 'it is away';
const KEY_REVOKED = 'KEY_REVOKED';

/** Why nobody could be asked, for the client that wanted it. */
export class Unreachable extends Error {
  /** A question was lost with its connection, or could not be sent: the next one may not be. */
  readonly isPassing: boolean;

  constructor(links: readonly GroupLink[], reason: string, isPassing = false) {
    const hosts = links.map(({ endpoint }) => endpoint).join(' and ');
    super(`The feed host ${hosts} cannot be reached now (${reason}). Try again in a few seconds`);
    this.isPassing = isPassing;
  }
}

export interface Resolved {
  readonly link: GroupLink;
  readonly answer: ResolvedAnswer;
}

/** A host that has just come back is heard before it can be asked: then it is tried again until it is too late. */
async function patiently<T>(group: FeedGroup, attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + group.patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const isPassing = error instanceof Unreachable && error.isPassing;
      if (!isPassing || performance.now() >= deadline) throw error;
    }
    await setTimeout(RETRY_MS);
  }
}

/**
 * Asks all hosts of a feed at once, since each may have users of its own.
 * @throws Unreachable when a host that might know the key does not answer, and no other one knows it
 */
export function verifyKeyAt(group: FeedGroup, key: string, asker: string): Promise<VerifiedKey> {
  const verdicts = group.links.map((link) => patiently(group, () => verifyAt(group, link, key, asker)));
  if (verdicts.length > 1) void noteRevoked(group, verdicts);
  return bestVerdict(verdicts);
}

/** A host that has revoked the key does not say whose it is; one that takes it does. */
async function noteRevoked(group: FeedGroup, verdicts: readonly Promise<VerifiedKey>[]): Promise<void> {
  const settled = await Promise.allSettled(verdicts);
  const answers = settled.map((each) => (each.status === 'fulfilled' ? each.value : null));
  const taken = answers.find((answer) => answer !== null && answer.status !== 'refused');
  if (!taken) return;
  const keyId = taken.keyId.slice(ownerOf(group.index, '').length);
  answers.forEach((answer, i) => {
    if (answer?.status !== 'refused' || answer.code !== KEY_REVOKED) return;
    group.keys.note(group.links[i]!.host, { keyId, status: 'revoked' });
  });
}

async function verifyAt(group: FeedGroup, link: GroupLink, key: string, asker: string): Promise<VerifiedKey> {
  if (!(await link.untilDecided())) throw new Unreachable([link], AWAY);
  const answer = await ask(link, { type: 'verifyKey', key, checksRights: true, asker });
  if (answer.type !== 'keyVerified') throw new Unreachable([link], describe(answer));
  const { outcome, account } = answer;
  if (outcome.status === 'refused') return outcome;
  if (account !== null) group.accounts.note(link.host, account);
  const { userId, keyId, rights } = outcome;
  group.keys.note(link.host, { keyId, status: 'good', rights });
  return { ...outcome, owner: ownerOf(group.index, userId), keyId: ownerOf(group.index, keyId) };
}

/**
 * Asks for instruments, at the first host that answers.
 * @throws Unreachable
 */
export function resolveAt(
  group: FeedGroup,
  account: string,
  wishes: readonly InstrumentWish[],
): Promise<Resolved> {
  return patiently(group, () => askForInstruments(group, account, wishes));
}

async function askForInstruments(
  group: FeedGroup,
  account: string,
  wishes: readonly InstrumentWish[],
): Promise<Resolved> {
  const links = linksOf(group, account);
  const reasons: Unreachable[] = [];
  for (const link of await reachable(links)) {
    try {
      const answer = await ask(link, { type: 'resolve', account, wishes });
      if (answer.type === 'resolved' && answer.outcomes.length === wishes.length) return { link, answer };
      reasons.push(new Unreachable([link], describe(answer)));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      reasons.push(error);
    }
  }
  throw reasons.find(({ isPassing }) => isPassing) ?? reasons[0]!;
}

/** The hosts that know a user, the one that speaks for it first: another one would say that there is no session. */
function linksOf({ accounts, links }: FeedGroup, account: string): readonly GroupLink[] {
  const speaker = accounts.hostOf(account);
  const knowing = links.filter(({ host }) => accounts.isKnown(account, host));
  return knowing.sort((a, b) => Number(b.host === speaker) - Number(a.host === speaker));
}

/** Those of the hosts that may answer. @throws Unreachable when there is none */
async function reachable(links: readonly GroupLink[]): Promise<readonly GroupLink[]> {
  const up = () => links.filter(({ state }) => state === 'up');
  if (up().length === 0) {
    const decided = links.map(async (link) => (await link.untilDecided()) || Promise.reject());
    await Promise.any(decided).catch(() => {});
  }
  const now = up();
  if (now.length === 0) throw new Unreachable(links, AWAY);
  return now;
}

/** @throws Unreachable */
async function ask(link: GroupLink, question: Question): Promise<ControlAnswer> {
  try {
    return await link.ask(question);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Unreachable([link], reason, !(error instanceof NoAnswer));
  }
}

function describe(answer: {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
}): string {
  if (answer.type === 'error') return `${answer.code}: ${answer.message}`;
  return `an answer of type ${answer.type} that does not fit the question`;
}

/** Wishes in parts that a feed host takes. */
export function splitWishes(wishes: readonly InstrumentWish[]): readonly (readonly InstrumentWish[])[] {
  const parts: InstrumentWish[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const wish of wishes) {
    const { exchange, symbol, mode } = wish;
    const size = Buffer.byteLength(JSON.stringify([exchange, symbol, mode])) + 1;
    const last = parts.at(-1);
    if (last === undefined || last.length === MAX_RESOLVE_WISHES || bytes + size > MAX_WISH_BYTES) {
      parts.push([wish]);
      bytes = size;
    } else {
      last.push(wish);
      bytes += size;
    }
  }
  return parts;
}

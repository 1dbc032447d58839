/**
 * What the hosts of a feed are asked, one after the other until one answers. Proxy worker thread, at the pace of clients
 * that come and subscribe.
 */
import { setTimeout } from 'node:timers/promises';
import { MAX_RESOLVE_WISHES, type ResolvedAnswer } from '../bus/control-message.ts';
import type { VerifiedKey } from '../proxy/control-plane.ts';
import type { InstrumentWish } from '../worker-messages.ts';
import { type FeedGroup, ownerOf } from './feed-group.ts';
import type { GroupLink } from './group-link.ts';

/** Half of what a feed host takes in one request. */
const MAX_WISH_BYTES = 128 << 10;
const RETRY_MS = 20;

/** Why nobody could be asked, for the client that wanted it. */
export class Unreachable extends Error {
  /** None of the hosts is there. */
  readonly isAway: boolean;

  constructor(group: FeedGroup, reason: string, isAway = false) {
    const hosts = group.links.map(({ endpoint }) => endpoint).join(' and ');
    super(`The feed host ${hosts} cannot be reached now (${reason}). Try again in a few seconds`);
    this.isAway = isAway;
  }
}

export interface Resolved {
  readonly link: GroupLink;
  readonly answer: ResolvedAnswer;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The hosts that may answer, those first that surely can. @throws Unreachable when there is none */
async function reachable(group: FeedGroup): Promise<readonly GroupLink[]> {
  const up = group.links.filter(({ state }) => state === 'up');
  if (up.length > 0) return up;
  const connecting = group.links.filter(({ state }) => state === 'connecting');
  if (connecting.length > 0) {
    await Promise.any(connecting.map(async (link) => (await link.untilDecided()) || Promise.reject())).catch(
      () => {},
    );
  }
  const now = group.links.filter(({ state }) => state === 'up');
  if (now.length === 0) throw new Unreachable(group, 'it is away', true);
  return now;
}

/** A host that has just come back is heard before it can be asked: then it is tried again until it is too late. */
async function patiently<T>(group: FeedGroup, attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + group.patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const isFinal = !(error instanceof Unreachable) || error.isAway;
      if (isFinal || performance.now() >= deadline) throw error;
    }
    await setTimeout(RETRY_MS);
  }
}

/**
 * Asks all hosts of a feed that can be reached at once, since each may have users of its own.
 *
 * @returns the first good answer; one about the broker session, or a refusal, when no host has a better one
 * @throws Unreachable when none of them answers
 */
export function verifyKeyAt(group: FeedGroup, key: string): Promise<VerifiedKey> {
  return patiently(group, () => askForKey(group, key));
}

async function askForKey(group: FeedGroup, key: string): Promise<VerifiedKey> {
  const links = await reachable(group);
  const verdicts = links.map((link) => verifyAt(group, link, key));
  const good = verdicts.map(async (verdict) => {
    const outcome = await verdict;
    return outcome.status === 'ok' ? outcome : Promise.reject();
  });
  const first = await Promise.any(good).catch(() => null);
  if (first !== null) return first;
  const settled = await Promise.allSettled(verdicts);
  const answers = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const answer = answers.find(({ status }) => status === 'brokerError') ?? answers[0];
  if (answer !== undefined) return answer;
  const failure = settled.find((each) => each.status === 'rejected');
  throw new Unreachable(group, reasonOf(failure?.reason));
}

async function verifyAt(group: FeedGroup, link: GroupLink, key: string): Promise<VerifiedKey> {
  const answer = await link.ask({ type: 'verifyKey', key });
  if (answer.type !== 'keyVerified') throw new Error(describe(answer));
  const { outcome, account } = answer;
  if (outcome.status === 'refused') return outcome;
  if (account !== null) group.accounts.note(link.host, account);
  return { ...outcome, owner: ownerOf(group.index, outcome.userId) };
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
  let reason = '';
  for (const link of await reachable(group)) {
    try {
      const answer = await link.ask({ type: 'resolve', account, wishes });
      if (answer.type === 'resolved' && answer.outcomes.length === wishes.length) return { link, answer };
      reason = describe(answer);
    } catch (error) {
      reason = reasonOf(error);
    }
  }
  throw new Unreachable(group, reason);
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

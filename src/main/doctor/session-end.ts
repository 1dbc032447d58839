/** When a broker session ends, from its tokens and the broker's custom: pure, times are arguments in ms since 1970. */
import { jwtTimes } from '../auth/jwt-times.ts';
import { lastScheduled } from '../instruments/refresh-schedule.ts';

const DAY_MS = 86_400_000;

export interface SessionTokens {
  readonly authToken: string;
  /** Null for a broker without one. */
  readonly feedToken: string | null;
  /** When the tokens were stored, which is not before the login. */
  readonly storedAt: number;
}

export interface SessionEnd {
  readonly at: number;
  /** How that is known, for people. */
  readonly by: string;
}

/** @param dayEndsAt `HH:MM` in India, at which the broker ends the sessions of the day before */
export function sessionEnd({ authToken, feedToken, storedAt }: SessionTokens, dayEndsAt: string): SessionEnd {
  const auth = jwtTimes(authToken);
  const feed = feedToken === null ? null : jwtTimes(feedToken);
  const loggedInAt = Math.min(storedAt, auth?.issuedAt ?? storedAt);
  const ends: SessionEnd[] = [
    {
      at: lastScheduled(loggedInAt, dayEndsAt) + DAY_MS,
      by: `the broker ends all sessions at ${dayEndsAt} in India`,
    },
  ];
  if (auth?.expiresAt != null) ends.push({ at: auth.expiresAt, by: 'the access token says so' });
  if (feed?.expiresAt != null) ends.push({ at: feed.expiresAt, by: 'the feed token says so' });
  return ends.reduce((first, each) => (each.at < first.at ? each : first));
}

/** Options of sessions: what is kept of clients that will come back. */
import { durationOption, integerOption } from './option-kinds.ts';

const MIB = 1024 * 1024;

export const SESSION_OPTIONS = {
  sessionRetentionMs: durationOption({
    env: 'TICKWIRE_SESSION_RETENTION',
    reloadable: true,
    default: 120,
    min: 0.01,
    max: 86_400,
    unit: 's',
    doc: 'For so long the subscriptions of a client with the feature session are kept when its connection has ended.',
  }),
  sessionsPerKey: integerOption({
    env: 'TICKWIRE_SESSIONS_PER_KEY',
    reloadable: true,
    default: 100,
    min: 1,
    max: 1_000_000,
    unit: 'sessions',
    doc:
      'Sessions of one key, connected or kept. Beyond, the one that was left first gives way; while all are connected, ' +
      'further clients get none.',
  }),
  sessionBytes: integerOption({
    env: 'TICKWIRE_SESSION_BYTES',
    reloadable: true,
    default: 64 * MIB,
    min: 64 * 1024,
    max: 16 * 1024 * MIB,
    unit: 'bytes',
    doc: 'Memory for all kept sessions. When it is full, the key that keeps most gives up the session that it left first.',
  }),
};

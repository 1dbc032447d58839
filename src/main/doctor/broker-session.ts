/** Whether somebody is logged in at the broker, and for how long. Nothing is asked of the broker: tokens stay here. */
import { readBrokerSession } from '../auth/broker-session.ts';
import { fernetTime } from '../auth/fernet.ts';
import { BROKERS, type BrokerRow } from '../brokers/broker-registry.ts';
import type { Config } from '../config-options.ts';
import { prepareForeign, textColumn } from '../database/column.ts';
import { DEMO_SESSION } from '../database/demo-seed.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import { OwnLogins } from '../login/own-logins.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';
import { indianTime } from './indian-time.ts';
import { nextClose } from './next-close.ts';
import { openedDatabase } from './opened-database.ts';
import { sessionEnd } from './session-end.ts';

export const check: RunCheck = async (context) => {
  const { config } = context;
  const opened = await openedDatabase(context, 'the broker session');
  if ('outcome' in opened) return [opened.outcome];
  const { database } = opened;
  if (database === null && config.broker === 'simulated') {
    return [go('the first start brings the demo session, which the simulated exchange takes')];
  }
  const users = database === null ? [] : usersOf(database);
  if (database === null || users.length === 0) {
    return [noGo('nobody is logged in at a broker', logInAdvice(config, null))];
  }
  const outcomes = users.map((user) => judge(user, database, context));
  // Others trade on; who has no session has to know it all the same.
  const isAnybodyServed = outcomes.some(({ verdict }) => verdict !== 'no-go');
  return outcomes.map((each) =>
    isAnybodyServed && each.verdict === 'no-go' ? { ...each, verdict: 'warn' } : each,
  );
};

interface StoredUser {
  readonly name: string;
  /** Of the token in the database, for the time in it. */
  readonly encrypted: string;
}

function usersOf({ db }: OpenDatabase): StoredUser[] {
  const rows = prepareForeign(db, 'SELECT name, auth FROM auth ORDER BY id').all();
  return rows.map((row) => ({ name: textColumn(row, 'name'), encrypted: textColumn(row, 'auth') }));
}

function judge({ name, encrypted }: StoredUser, database: OpenDatabase, context: DoctorContext): Outcome {
  const { config, now } = context;
  const session = readBrokerSession(database.db, database.fernet, name);
  if (session.status === 'none')
    return noGo(`${name} is not logged in at a broker`, logInAdvice(config, name));
  if (session.status === 'undecryptable') {
    return noGo(
      `the tokens of ${name} cannot be decrypted: they were stored under another pepper or salt`,
      `Bring API_KEY_PEPPER and FERNET_SALT back to what they were at the login, or: ${logInAdvice(config, name)}`,
    );
  }
  if (config.broker === 'simulated') return go(`${name} has a session; the simulated exchange takes any`);
  const broker = BROKERS.get(session.broker);
  if (broker === undefined) {
    const known = [...BROKERS.keys()].join(', ');
    return warn(
      `${name} is logged in at ${session.broker}, of which Tickwire has no feed: its clients get no ticks`,
      `Log in at one of: ${known}.`,
    );
  }
  if (session.authToken === DEMO_SESSION.authToken) {
    return noGo(`${name} has the demo session, which ${broker.title} refuses`, logInAdvice(config, name));
  }
  const logins = new OwnLogins(database.db, database.fernet, config.databaseUrl === null);
  const brokerApiKey = logins.apiKey(name, session.broker) ?? config.brokerApiKey ?? '';
  const { apiKey, feedToken } = broker.credentials(session, brokerApiKey, name);
  if (apiKey === '') {
    return noGo(
      `there is no API key of the app for ${name} at ${broker.title}`,
      "Set BROKER_API_KEY, from the app's page at the broker.",
    );
  }
  if (session.feedToken === null && broker.needsFeedToken && feedToken === '') {
    return noGo(
      `${name} has no feed token, without which ${broker.title} sends no ticks`,
      logInAdvice(config, name),
    );
  }
  const storedAt = fernetTime(encrypted) ?? now;
  const end = sessionEnd({ ...session, storedAt }, broker.sessionsEndAt);
  return judgeEnd({ name, broker, end, renews: logins.has(name) && renewsItself(config) }, context);
}

interface Ending {
  readonly name: string;
  readonly broker: BrokerRow;
  readonly end: ReturnType<typeof sessionEnd>;
  /** Whether the engine logs in by itself. */
  readonly renews: boolean;
}

function judgeEnd({ name, broker, end, renews }: Ending, context: DoctorContext): Outcome {
  const { config, now } = context;
  const whose = `the session of ${name} at ${broker.title}`;
  const when = `${indianTime(end.at)} (${end.by})`;
  if (end.at <= now) {
    if (renews) {
      return warn(
        `${whose} ended ${when}; the engine logs in by itself when the broker refuses it`,
        'Run tickwire login angel now, to know that it works before the market opens.',
      );
    }
    return noGo(`${whose} ended ${when}`, logInAdvice(config, name));
  }
  const close = nextClose(context);
  if (close !== null && end.at < close && !renews) {
    return warn(
      `${whose} ends ${when}, before the market closes next (${indianTime(close)})`,
      `As soon as it has ended: ${logInAdvice(config, name)}`,
    );
  }
  return go(`${whose} is good until ${when}; only the broker knows whether it was ended before`);
}

function renewsItself({ angelPin, angelTotp }: Config): boolean {
  return angelPin !== null && angelTotp !== null;
}

function logInAdvice({ databaseUrl }: Config, name: string | null): string {
  if (databaseUrl !== null)
    return "Log in to the broker on OpenAlgo's page; a running engine takes that over.";
  const user = name === null || name === 'demo' ? '' : ` --user ${name}`;
  return `Run tickwire login angel${user}; a running engine takes that over.`;
}

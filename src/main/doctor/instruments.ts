/** The instrument list: of when it is, and whether it has as many instruments as such a list usually has. */
import { dirname, join } from 'node:path';
import type { Config } from '../config-options.ts';
import { prepareForeign } from '../database/column.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import { indianDay } from '../instruments/indian-day.ts';
import { LIST_FOLDER, readKeptLists } from '../instruments/list-files.ts';
import { readMasterState } from '../instruments/master-state.ts';
import { brokersInUse } from './brokers-in-use.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';
import { indianTime } from './indian-time.ts';
import { openedDatabase } from './opened-database.ts';
import { parseStoredTime } from './stored-time.ts';

const DAY_MS = 86_400_000;
/** With an older list contracts have expired, tokens and lot sizes have changed. */
const OLD_DAYS = 3;
/** Less than this part of the list before is a part of a list. */
const SMALLEST_PART = 0.8;
/** The same where only the order of magnitude is known. */
const ROUGHLY = 0.5;
/** Less than this is no list to trade by. */
const HARDLY_ANYTHING = 0.1;

export const check: RunCheck = async (context) => {
  const opened = await openedDatabase(context, 'the instrument list');
  if ('outcome' in opened) return [opened.outcome];
  const { database } = opened;
  const { config } = context;
  if (database === null) {
    if (config.broker === 'simulated') return [go('the first start brings the demo instruments')];
    return [noGo('there are no instruments', howToFetch(config, config.broker))];
  }
  const { refreshing, storedAt, broker: latest } = readMasterState(database.db);
  if (config.broker === 'simulated') {
    const rows = countRows(database, latest ?? '');
    return [
      rows > 0 ? go(`${rows} instruments`) : noGo('there are no instruments', howToFetch(config, latest)),
    ];
  }
  const brokers = await brokersInUse(context);
  return brokers.flatMap(({ name, usualInstruments }) => {
    if (refreshing.has(name)) {
      return warn(
        `the instrument list of ${name} is being fetched right now`,
        'Run tickwire doctor again in a minute.',
      );
    }
    const list: List = { broker: name, rows: countRows(database, name), usual: usualInstruments };
    if (list.rows === 0) return noGo(`there are no instruments of ${name}`, howToFetch(config, name));
    return [size(list, database, context), date(name, storedAt.get(name), context)];
  });
};

interface List {
  readonly broker: string;
  readonly rows: number;
  /** What such a list has, to an order of magnitude. */
  readonly usual: number;
}

/** OpenAlgo's table has one broker's instruments at a time. */
function countRows({ db }: OpenDatabase, broker: string): number {
  const isByBroker =
    db.prepare("SELECT 1 FROM pragma_table_info('symtoken') WHERE name = 'broker'").get() !== undefined;
  const row = isByBroker
    ? db.prepare('SELECT count(*) AS rows FROM symtoken WHERE broker = ?').get(broker)
    : prepareForeign(db, 'SELECT count(*) AS rows FROM symtoken').get();
  return Number(row?.rows ?? 0);
}

/** The list before this one is the best measure; without one all that is known is how large such lists are, roughly. */
function size({ broker, rows, usual }: List, { path }: OpenDatabase, { config }: DoctorContext): Outcome {
  const before = readKeptLists(join(dirname(path), LIST_FOLDER), broker)[1]?.rows;
  const [least, than] =
    before === undefined
      ? [usual * ROUGHLY, `such a list has some ${usual}`]
      : [before * SMALLEST_PART, `the list before had ${before}`];
  const found = `${rows} instruments of ${broker}; ${than}`;
  if (rows < (before ?? usual) * HARDLY_ANYTHING) return noGo(found, howToFetch(config, broker));
  if (rows < least) return warn(found, `What you trade may be missing. ${howToFetch(config, broker)}`);
  return go(found);
}

function date(broker: string, stored: string | undefined, { config, now }: DoctorContext): Outcome {
  const at = stored === undefined ? null : parseStoredTime(stored, config.databaseUrl === null);
  if (at === null) {
    return warn(
      `the database does not say of when the instrument list of ${broker} is`,
      howToFetch(config, broker),
    );
  }
  const days = Math.floor((now - at) / DAY_MS);
  const found = `the instrument list of ${broker} is of ${indianTime(at)}`;
  if (days > OLD_DAYS) {
    return noGo(
      `${found}, ${days} days ago: contracts have expired, and tokens may stand for other instruments`,
      howToFetch(config, broker),
    );
  }
  if (indianDay(at) < indianDay(now)) return warn(`${found}, not of today`, howToFetch(config, broker));
  return go(found);
}

/** @param broker null or `simulated` where none is known */
function howToFetch({ databaseUrl }: Config, broker: string | null): string {
  if (databaseUrl !== null) {
    return 'Let OpenAlgo fetch it: log in to the broker there, or ask for the master contract on its page. A running engine takes that over.';
  }
  const name = broker === null || broker === 'simulated' ? '<broker>' : broker;
  return `Run tickwire instruments ${name}; a running engine takes that over, and fetches it daily behind a tickwire login.`;
}

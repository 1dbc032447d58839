/** `tickwire instruments <broker>`: fetches the broker's instrument list into the embedded database. */
import { resolve } from 'node:path';
import { Piscina } from 'piscina';
import { readBrokerSession } from '../auth/broker-session.ts';
import { BROKERS } from '../brokers/broker-registry.ts';
import { loadConfig } from '../config.ts';
import { prepareForeign } from '../database/column.ts';
import { type OwnDatabase, openOwnDatabase } from '../database/own-database.ts';
import { TickwireError } from '../errors.ts';
import { INSTRUMENTS } from '../help/market-forms.ts';
import { refreshInstruments } from '../instruments/instrument-refresh.ts';
import { isAddress } from '../instruments/list-download.ts';
import { describeOutcome, RefreshReport } from '../instruments/refresh-report.ts';
import { REFRESH_WORKER } from '../instruments/refresh-worker.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { words, flags, rest } = readCommandArguments(INSTRUMENTS, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const [broker = ''] = words;
  refuseUnknown(broker);
  const database = openOwnDatabase(config, cwd, 'the instruments are');
  const session = sessionOf(database, broker);
  database.db.close();
  const from = flags.from ?? config.instrumentsFrom;
  const report = new RefreshReport((text) => void process.stdout.write(text), process.stdout.isTTY === true);
  const pool = new Piscina({
    filename: REFRESH_WORKER.href,
    minThreads: 0,
    maxThreads: 1,
    atomics: 'disabled',
  });
  try {
    const outcome = await refreshInstruments(
      pool,
      {
        databasePath: database.path,
        broker,
        from: from === null ? [] : [isAddress(from) ? from : resolve(cwd, from)],
        session: { authToken: session, apiKey: config.brokerApiKey },
        allowShrunken: flags['allow-shrunken'] !== undefined,
      },
      (progress) => {
        if (flags.json === undefined) report.progress(progress);
      },
    );
    if (flags.json !== undefined) {
      print(JSON.stringify(outcome));
      return 0;
    }
    report.line(describeOutcome(outcome));
    report.line('A running engine takes them over by itself.');
    return 0;
  } catch (error) {
    // So that the error does not stand behind a half-drawn bar.
    report.end();
    throw error;
  } finally {
    await pool.destroy();
  }
};

function refuseUnknown(broker: string): void {
  if (BROKERS.get(broker)?.instruments) return;
  const known = [...BROKERS.values()].filter(({ instruments }) => instruments !== null);
  const names = known.map(({ name }) => name).join(', ');
  throw new TickwireError(
    'COMMAND_INVALID',
    `There is no instrument list of "${broker}"; there is of: ${names}.`,
  );
}

/** The token of any user with a session at the broker, for lists that are not public. */
function sessionOf({ db, fernet }: OwnDatabase, broker: string): string | null {
  const rows = prepareForeign(db, 'SELECT name FROM auth WHERE broker = ? ORDER BY id').all(broker);
  for (const { name } of rows) {
    const session = readBrokerSession(db, fernet, String(name));
    if (session.status === 'ok') return session.authToken;
  }
  return null;
}

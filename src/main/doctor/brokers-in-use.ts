import { readBrokerSession } from '../auth/broker-session.ts';
import { BROKERS, type BrokerRow } from '../brokers/broker-registry.ts';
import { prepareForeign, textColumn } from '../database/column.ts';
import type { DoctorContext } from './check.ts';
import { openedDatabase } from './opened-database.ts';

/**
 * The brokers whose ticks are wanted here: those that somebody has a session at, whatever the configuration calls the broker;
 * without any session the configured one. None on the simulated exchange.
 */
export async function brokersInUse(context: DoctorContext): Promise<readonly BrokerRow[]> {
  const { config } = context;
  if (config.broker === 'simulated') return [];
  const opened = await openedDatabase(context, 'the broker');
  const database = 'outcome' in opened ? null : opened.database;
  const names = new Set<string>();
  for (const row of database === null ? [] : prepareForeign(database.db, 'SELECT name FROM auth').all()) {
    const session = readBrokerSession(database!.db, database!.fernet, textColumn(row, 'name'));
    if (session.status === 'ok') names.add(session.broker);
  }
  const known = [...names].flatMap((name) => BROKERS.get(name) ?? []);
  return known.length > 0 ? known : [...BROKERS.values()].filter(({ name }) => name === config.broker);
}

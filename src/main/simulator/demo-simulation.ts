/** The simulated exchange as the engine runs it: the demo instruments, and the credentials of the embedded database. */
import type { InstrumentKind } from '../../codec/exchange-wire.ts';
import { BROKER_ROWS, BROKERS, type BrokerName } from '../brokers/broker-registry.ts';
import type { Config } from '../config-options.ts';
import { DEMO_SESSION } from '../database/demo-seed.ts';
import { DEMO_INSTRUMENTS, type DemoInstrument } from '../instruments/demo-instruments.ts';
import type { KnownInstrument } from './simulator-options.ts';
import type { ExchangeTask } from './simulator-worker.ts';

/** Whose exchange is simulated when no broker is named. */
const DEMO_BROKER: BrokerName = 'angel';

function kindOf({ instrumentType, exchange }: DemoInstrument): InstrumentKind {
  if (instrumentType === 'AMXIDX') return 'index';
  if (exchange === 'CDS') return 'currency';
  return instrumentType === '' ? 'cash' : 'derivative';
}

/** The demo instruments as a broker addresses them; those that it does not stream are left out. */
export function knownDemoInstruments(broker: BrokerName = DEMO_BROKER): KnownInstrument[] {
  const row = BROKERS.get(broker);
  return DEMO_INSTRUMENTS.flatMap((instrument) => {
    const token = row?.simulated.tableToken(instrument) ?? instrument.token;
    const address = row?.resolve({ ...instrument, token }) ?? null;
    if (address === null) return [];
    const { referencePrice } = instrument;
    const kind = kindOf(instrument);
    return [{ exchangeType: address.segment, token: address.token, referencePrice, kind }];
  });
}

/**
 * The exchange that `tickwire simulate` runs alone. A database of somebody's own has tokens of its own: then everybody is
 * let in.
 *
 * @param hasOwnLogins whether somebody has logged in to a real broker in the embedded database
 */
export function demoSimulation(config: Config, hasOwnLogins = false): ExchangeTask {
  const broker = config.broker === 'simulated' ? DEMO_BROKER : config.broker;
  const checkCredentials = config.databaseUrl === null && !hasOwnLogins;
  return { ...exchangeOf(broker, config, checkCredentials), port: config.simulatePort };
}

/** An exchange for every broker: whatever session the database holds, no real broker is called. The demo's is the first. */
export function demoSimulations(
  config: Config,
  hasOwnLogins: boolean,
): ReadonlyMap<BrokerName, ExchangeTask> {
  const others = BROKER_ROWS.map(({ name }) => name).filter((name) => name !== DEMO_BROKER);
  return new Map([
    [DEMO_BROKER, demoSimulation({ ...config, broker: DEMO_BROKER }, hasOwnLogins)],
    // The embedded database has no session at them, so whoever has one has put it there.
    ...others.map((name) => [name, exchangeOf(name, config, false)] as const),
  ]);
}

function exchangeOf(broker: BrokerName, config: Config, checkCredentials: boolean): ExchangeTask {
  const { authToken, feedToken, clientCode } = DEMO_SESSION;
  return {
    options: {
      broker,
      profile: config.simulateProfile,
      seed: config.simulateSeed,
      instruments: knownDemoInstruments(broker),
      checkCredentials,
      credentials: { authToken, feedToken, clientCode, apiKey: config.brokerApiKey ?? '' },
    },
  };
}

/** The simulated exchange as the engine runs it: the demo instruments, and the credentials of the embedded database. */
import type { InstrumentKind } from '../../codec/exchange-wire.ts';
import { BROKERS } from '../brokers/broker-registry.ts';
import type { Config } from '../config-options.ts';
import { DEMO_SESSION } from '../database/demo-seed.ts';
import { DEMO_INSTRUMENTS, type DemoInstrument } from '../instruments/demo-instruments.ts';
import type { KnownInstrument } from './simulator-options.ts';
import type { SimulatorTask } from './simulator-worker.ts';

function kindOf({ instrumentType, exchange }: DemoInstrument): InstrumentKind {
  if (instrumentType === 'AMXIDX') return 'index';
  if (exchange === 'CDS') return 'currency';
  return instrumentType === '' ? 'cash' : 'derivative';
}

/** The demo instruments as a broker addresses them; those that it does not stream are left out. */
export function knownDemoInstruments(broker = 'angel'): KnownInstrument[] {
  const row = BROKERS.get(broker);
  return DEMO_INSTRUMENTS.flatMap((instrument) => {
    const address = row?.resolve(instrument) ?? null;
    if (address === null) return [];
    const { segment, token } = address;
    return [
      { exchangeType: segment, token, referencePrice: instrument.referencePrice, kind: kindOf(instrument) },
    ];
  });
}

/** A database of somebody's own has tokens of its own: then everybody is let in. */
export function demoSimulation(config: Config): SimulatorTask {
  const { authToken, feedToken, clientCode } = DEMO_SESSION;
  return {
    port: config.simulatePort,
    options: {
      profile: config.simulateProfile,
      seed: config.simulateSeed,
      instruments: knownDemoInstruments(),
      checkCredentials: config.databaseUrl === null,
      credentials: { authToken, feedToken, clientCode, apiKey: config.brokerApiKey ?? '' },
    },
  };
}

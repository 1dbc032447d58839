/** The simulated exchange as the engine runs it: the demo instruments, and the credentials of the embedded database. */
import { EXCHANGE_TYPE } from '../../codec/angel/frame-layout.ts';
import type { Config } from '../config-options.ts';
import { DEMO_SESSION } from '../database/demo-seed.ts';
import { angelSegment } from '../instruments/angel-segments.ts';
import { DEMO_INSTRUMENTS, type DemoInstrument } from '../instruments/demo-instruments.ts';
import type { InstrumentKind } from './simulated-instrument.ts';
import type { KnownInstrument } from './simulator-options.ts';
import type { SimulatorTask } from './simulator-worker.ts';

function kindOf({ instrumentType }: DemoInstrument, exchangeType: number): InstrumentKind {
  if (instrumentType === 'AMXIDX') return 'index';
  if (exchangeType === EXCHANGE_TYPE.CDE_FO) return 'currency';
  return instrumentType === '' ? 'cash' : 'derivative';
}

export function knownDemoInstruments(): KnownInstrument[] {
  return DEMO_INSTRUMENTS.flatMap((row) => {
    const exchangeType = angelSegment(row.brexchange);
    if (exchangeType === null) return [];
    const { token, referencePrice } = row;
    return [{ exchangeType, token, referencePrice, kind: kindOf(row, exchangeType) }];
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

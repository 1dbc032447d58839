/** Which wire the simulated exchange of a broker speaks: that of the broker's row. */
import type { ExchangeWire } from '../../codec/exchange-wire.ts';
import { BROKERS } from '../brokers/broker-registry.ts';
import { TickwireError } from '../errors.ts';

/** @throws TickwireError `CONFIG_INVALID` for an unknown broker */
export function exchangeWireOf(broker: string): ExchangeWire {
  const row = BROKERS.get(broker);
  if (row !== undefined) return row.simulated;
  const names = [...BROKERS.keys()].join(', ');
  throw new TickwireError('CONFIG_INVALID', `broker is '${broker}'; give one of ${names}.`);
}

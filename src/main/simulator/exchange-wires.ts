/** Which wire the simulated exchange of a broker speaks: that of the broker's row. */
import type { ExchangeWire } from '../../codec/exchange-wire.ts';
import { BROKERS } from '../brokers/broker-registry.ts';
import { TickwireError } from '../errors.ts';

/** @throws TickwireError `CONFIG_INVALID` for a broker that is unknown or has no simulated exchange */
export function exchangeWireOf(broker: string): ExchangeWire {
  const wire = BROKERS.get(broker)?.simulated;
  if (wire !== undefined && wire !== null) return wire;
  const names = [...BROKERS.values()].filter(({ simulated }) => simulated !== null).map(({ name }) => name);
  throw new TickwireError(
    'CONFIG_INVALID',
    `there is no simulated exchange of broker '${broker}'; give one of ${names.join(', ')}.`,
  );
}

/** Which depth levels the brokers give, by exchange, as proxy workers get it. */
import type { CapabilityRow } from '../../workers/reader-tasks.ts';
import { BROKER_ROWS } from './broker-registry.ts';

/** The rows in force; of two for one exchange the later one counts. */
export function capabilityRows(settings: { readonly angelDepth20: boolean }): CapabilityRow[] {
  return BROKER_ROWS.flatMap(({ name, depthRows }) =>
    depthRows
      .filter(({ setting }) => setting === undefined || settings[setting])
      .map(({ exchange, levels }) => ({ broker: name, exchange, depthLevels: levels })),
  );
}

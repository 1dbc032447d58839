/** Which depth levels the brokers give, by exchange: one row each. A `*` stands for every exchange without its own row. */
import type { CapabilityRow } from '../../workers/worker-messages.ts';

interface RegistryRow extends CapabilityRow {
  /** Part of the registry only while this setting is on. */
  readonly setting?: 'angelDepth20';
}

const ROWS: readonly RegistryRow[] = [
  // SnapQuote carries five levels of every instrument.
  { broker: 'angel', exchange: '*', depthLevels: [5] },
  // Announced to end in April 2025, hence a setting; the simulated exchange has it.
  { broker: 'angel', exchange: 'NSE', depthLevels: [5, 20], setting: 'angelDepth20' },
];

/** The rows in force. */
export function capabilityRows(settings: { readonly angelDepth20: boolean }): CapabilityRow[] {
  return ROWS.filter(({ setting }) => setting === undefined || settings[setting]).map(
    ({ broker, exchange, depthLevels }) => ({ broker, exchange, depthLevels }),
  );
}

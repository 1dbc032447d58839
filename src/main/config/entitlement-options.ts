/** Options of roles and of keys of Tickwire's own. */
import { durationOption, stringOption } from './option-kinds.ts';

export const ENTITLEMENT_OPTIONS = {
  entitlements: stringOption({
    env: 'TICKWIRE_ENTITLEMENTS',
    default: 'db/tickwire-entitlements.db',
    doc:
      'File of the roles and of the keys made by tickwire keys create, relative to the working directory. While there is ' +
      'none, every OpenAlgo key may do everything.',
  }),
  entitlementsPollMs: durationOption({
    env: 'TICKWIRE_ENTITLEMENTS_POLL',
    default: 1,
    min: 0.01,
    max: 4,
    unit: 's',
    doc: 'Time between two looks for changes in that file; they reach live connections soon after.',
  }),
};

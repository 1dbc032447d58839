/** Of the operator's listener. */
import { by, type CounterRow } from './counter-row.ts';

export const OPERATOR_COUNTERS: readonly CounterRow[] = [
  {
    metric: 'tickwire_operator_refusals',
    help: "Who was turned away at the operator's listener: no place for a connection or a dashboard, a wrong key, a key not looked at behind too many wrong ones.",
    from: 'operator',
    counters: by('reason', {
      refusedSockets: 'connections',
      refusedDashboards: 'dashboards',
      wrongKeys: 'wrong_keys',
      pacedKeys: 'too_many_attempts',
    }),
  },
];

import type { Check, Role } from './check.ts';

const EVERY_ROLE: readonly Role[] = ['start', 'feed', 'proxy'];
const WITH_BROKER: readonly Role[] = ['start', 'feed'];

/** What only looks; all of it may run at once. In the order of the report. */
export const LOOKS: readonly Check[] = [
  { name: 'node', roles: EVERY_ROLE, load: () => import('./node-and-binaries.ts') },
  { name: 'configuration', roles: EVERY_ROLE, load: () => import('./configuration.ts') },
  { name: 'engine', roles: EVERY_ROLE, load: () => import('./engine-answers.ts') },
  { name: 'ports', roles: EVERY_ROLE, load: () => import('./ports.ts') },
  { name: 'database', roles: WITH_BROKER, load: () => import('./database.ts') },
  { name: 'keys', roles: WITH_BROKER, load: () => import('./api-keys.ts') },
  { name: 'secrets', roles: EVERY_ROLE, load: () => import('./secret-files.ts') },
  { name: 'session', roles: WITH_BROKER, load: () => import('./broker-session.ts') },
  { name: 'instruments', roles: WITH_BROKER, load: () => import('./instruments.ts') },
  { name: 'calendar', roles: WITH_BROKER, load: () => import('./calendar.ts') },
  { name: 'clock', roles: WITH_BROKER, load: () => import('./clock.ts') },
  { name: 'feeds', roles: ['proxy'], load: () => import('./feed-hosts.ts') },
  { name: 'certificate', roles: EVERY_ROLE, load: () => import('./certificate.ts') },
  { name: 'memory', roles: EVERY_ROLE, load: () => import('./memory.ts') },
  { name: 'disk', roles: WITH_BROKER, load: () => import('./disk.ts') },
  { name: 'limits', roles: EVERY_ROLE, load: () => import('./file-limits.ts') },
];

/** What measures: one after the other, with nothing beside it. */
export const MEASUREMENTS: readonly Check[] = [
  { name: 'event loop', roles: EVERY_ROLE, load: () => import('./event-loop.ts') },
  { name: 'ring hop', roles: EVERY_ROLE, load: () => import('./ring-hop.ts') },
  { name: 'bus hop', roles: EVERY_ROLE, load: () => import('./bus-hop.ts') },
];

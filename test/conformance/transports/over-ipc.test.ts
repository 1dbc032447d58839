import { conformanceOver, WITHOUT_TICKS } from '../../support/conformance-over.ts';

conformanceOver('ipc', [...WITHOUT_TICKS, 'sessions.test.ts']);

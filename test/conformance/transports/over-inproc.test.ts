import { conformanceOver, WITHOUT_TICKS } from '../../support/conformance-over.ts';

conformanceOver('inproc', [...WITHOUT_TICKS, 'sessions.test.ts']);

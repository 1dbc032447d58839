import { conformanceOver } from '../../support/conformance-over.ts';

conformanceOver('tcp');

import { MODE } from '../../src/codec/tick.ts';
import type { StreamForm } from '../../src/workers/proxy/subscriptions/subscription-index.ts';

/** Of a client that chose nothing: quotes in JSON. */
export const QUOTE_FORM: StreamForm = {
  view: MODE.QUOTE,
  framing: 'json',
  features: 0,
  dialect: 'openalgo',
  depthLevel: 5,
  servedLevel: 5,
};

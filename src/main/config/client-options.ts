/** Options of commands that connect to an engine as its clients do. */
import { secretOption } from './option-kinds.ts';

export const CLIENT_OPTIONS = {
  clientKey: secretOption({
    env: 'TICKWIRE_CLIENT_KEY',
    minLength: 1,
    doc: 'API key with which tickwire tail connects. Not set: the demo key of the embedded database. The engine does not use it.',
  }),
};

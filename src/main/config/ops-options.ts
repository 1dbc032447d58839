/** Options of the operator's listener: dashboard, metrics and health. */
import { type ConfigOption, option, secretOption, stringOption } from './option-kinds.ts';

/** A key that somebody guesses at over the network, if the operator opens the listener to it. */
const KEY_MIN_LENGTH = 16;
const HIGHEST_PORT = 65_535;

/** A port, or null for `none`. */
function portOption(declaration: {
  readonly env: string;
  readonly default: number;
  readonly doc: string;
}): ConfigOption<number | null> {
  return option<number | null>('string', declaration, `a port from 0 to ${HIGHEST_PORT}, or none`, (text) => {
    const word = text.trim().toLowerCase();
    if (word === 'none') return null;
    const port = /^\d+$/.test(word) ? Number(word) : Number.NaN;
    return port <= HIGHEST_PORT ? port : undefined;
  });
}

export const OPS_OPTIONS = {
  opsHost: stringOption({
    env: 'TICKWIRE_OPS_HOST',
    default: '127.0.0.1',
    doc:
      'Address of the dashboard, the metrics and the health checks. One that other hosts reach wants TLS ' +
      '(TICKWIRE_TLS_CERT), as that of the clients does.',
  }),
  opsPort: portOption({
    env: 'TICKWIRE_OPS_PORT',
    default: 8770,
    doc:
      'Their port, or the next free one where it is taken; 0 takes any free port, none leaves dashboard, metrics and ' +
      'health checks out.',
  }),
  adminKey: secretOption({
    env: 'TICKWIRE_ADMIN_KEY',
    reloadable: true,
    minLength: KEY_MIN_LENGTH,
    doc:
      'Key of the dashboard with all rights. Not set: the demo key on the simulated exchange or in a replay, while this host alone ' +
      'reaches the dashboard; else a key that is made at each start, which the supervising parent keeps while it starts the engine again; tickwire dashboard prints the link that has it.',
  }),
  viewerKey: secretOption({
    env: 'TICKWIRE_VIEWER_KEY',
    reloadable: true,
    minLength: KEY_MIN_LENGTH,
    doc: 'Key of the dashboard for those who may look at everything and change nothing.',
  }),
};

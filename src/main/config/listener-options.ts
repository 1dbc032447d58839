/** Options of the listener that clients connect to, beside its address, which has OpenAlgo's names. */
import { booleanOption, enumOption, optionalStringOption } from './option-kinds.ts';

export const LISTENER_OPTIONS = {
  portPolicy: enumOption({
    env: 'TICKWIRE_PORT_POLICY',
    values: ['fail', 'next'],
    default: 'next',
    doc:
      'What happens when WEBSOCKET_PORT is taken: fail ends the start, next takes the next free port and says so. Not ' +
      'set: fail where WEBSOCKET_PORT or DATABASE_URL is set, since clients then expect that port.',
  }),
  tlsCert: optionalStringOption({
    env: 'TICKWIRE_TLS_CERT',
    reloadable: true,
    doc:
      'PEM file with the certificate that clients see, followed by those of its issuers; with TICKWIRE_TLS_KEY. ' +
      'Clients then connect with wss:// and https://, and not without. Not set: no TLS.',
  }),
  tlsKey: optionalStringOption({
    env: 'TICKWIRE_TLS_KEY',
    reloadable: true,
    doc: "PEM file with the certificate's private key, without a passphrase.",
  }),
  compression: booleanOption({
    env: 'TICKWIRE_COMPRESSION',
    default: false,
    doc:
      'Compresses messages (permessage-deflate) for clients that ask for it with ?compress=on. Saves network and costs CPU for ' +
      'each delivery: for clients far away.',
  }),
  websocketAllowPlain: booleanOption({
    env: 'TICKWIRE_WEBSOCKET_ALLOW_PLAIN',
    default: false,
    doc:
      'Allows clients without TLS on an address that other hosts reach: API keys and ticks then travel unencrypted. Right ' +
      'behind a reverse proxy that has TLS, and in a container whose port is published on 127.0.0.1 alone.',
  }),
};

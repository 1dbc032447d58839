/** Every attack, in the order in which they are made. */
import type { Attack } from './attack.ts';
import {
  connectionChurn,
  idleConnections,
  oneByteWriters,
  pageFlood,
  slowTlsHandshakes,
} from './attacks/connections.ts';
import { duplicateAuthentications, keyGuessing } from './attacks/keys.ts';
import { deepJson, hugeBatches, largeMessages, protoKeys, requestFlood } from './attacks/messages.ts';
import { neverReadingClients, subscriptionChurn } from './attacks/readers.ts';

export const ATTACKS: readonly Attack[] = [
  idleConnections,
  connectionChurn,
  neverReadingClients,
  oneByteWriters,
  subscriptionChurn,
  largeMessages,
  deepJson,
  protoKeys,
  hugeBatches,
  duplicateAuthentications,
  keyGuessing,
  requestFlood,
  pageFlood,
  slowTlsHandshakes,
];

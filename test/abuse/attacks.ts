/** Every attack, in the order in which they are made. */
import type { Attack } from './attack.ts';
import {
  connectionChurn,
  idleConnections,
  oneByteWriters,
  pageFlood,
  slowTlsHandshakes,
} from './attacks/connections.ts';
import { duplicateAuthentications, keyGuessing, sessionGuessing } from './attacks/keys.ts';
import {
  deepJson,
  hugeBatches,
  largeMessages,
  protoKeys,
  requestFlood,
  unfinishedMessages,
} from './attacks/messages.ts';
import { neverReadingClients, subscriptionChurn } from './attacks/readers.ts';

export const ATTACKS: readonly Attack[] = [
  idleConnections,
  connectionChurn,
  neverReadingClients,
  oneByteWriters,
  subscriptionChurn,
  largeMessages,
  unfinishedMessages,
  deepJson,
  protoKeys,
  hugeBatches,
  duplicateAuthentications,
  keyGuessing,
  sessionGuessing,
  requestFlood,
  pageFlood,
  slowTlsHandshakes,
];

import { test } from 'node:test';
import { surviveHostileClients } from '../support/hostile-conversations.ts';

test(
  'whatever clients send, the proxy lives, answers, and no other client misses a tick',
  surviveHostileClients,
);

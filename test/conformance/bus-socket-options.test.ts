/** The ZeroMQ options that OPERATIONS.md lists are those that the bus sets, with the values that it says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Router, type Socket, XPublisher, XSubscriber } from 'zeromq';
import { loadConfig } from '../../src/main/config.ts';
import {
  createControlClient,
  createControlServer,
  createTickPublisher,
  createTickSubscriber,
} from '../../src/workers/bus/bus-sockets.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const SECTION = /### ZeroMQ options\n(.*?)\n## /s.exec(read('OPERATIONS.md'))?.[1] ?? '';
const SOURCE = read('src/workers/bus/bus-sockets.ts');
/** ZeroMQ takes them and does not give them back. */
const UNREADABLE = ['noDrop', 'verbosity', 'mandatory', 'handover'];

/** Values of the table, in the order of its columns, by option. */
const TABLE = new Map(
  [...SECTION.matchAll(/^\| `(\w+)` \|(.*)$/gm)].map(([, option, rest]) => [
    option!,
    rest!
      .split('|')
      .slice(0, 4)
      .map((cell) => cell.trim()),
  ]),
);

/** What a socket says of an option, as the table has it. */
function cellOf(socket: Socket, option: string): string {
  const value: unknown = Reflect.get(socket, option);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

test('every value of the table is what a socket of the default configuration has', (t) => {
  const { config } = loadConfig({ argv: [], env: {}, cwd: '/nonexistent' });
  const base = { endpoint: config.busEndpoint, heartbeatMs: config.busHeartbeatMs, curve: null };
  const sockets = [
    createTickPublisher({ ...base, context: null, sendHighWaterMark: config.busSendHwm }),
    createTickSubscriber({ ...base, receiveHighWaterMark: config.busReceiveHwm }),
    createControlServer({ ...base, context: null }),
    createControlClient(base),
  ];
  t.after(() => {
    for (const socket of sockets) socket.close();
  });
  for (const [option, cells] of TABLE) {
    if (UNREADABLE.includes(option)) continue;
    for (const [i, socket] of sockets.entries()) {
      if (cells[i] !== '–') assert.equal(cells[i], cellOf(socket, option), `${option} of socket ${i}`);
    }
  }
});

test('every option that the bus sets is in the table, and the table has no other', () => {
  const prototypes = [XPublisher.prototype, XSubscriber.prototype, Router.prototype];
  // Keys belong to the configuration, contexts to the process.
  const isOption = (name: string) =>
    !/^curve.*Key$|^context$/.test(name) && prototypes.some((prototype) => name in prototype);
  const set = [...SOURCE.matchAll(/^ +(?:socket\.)?(\w+)(?::| =|,)/gm)].map(([, name]) => name!);
  assert.deepEqual([...TABLE.keys()].sort(), [...new Set(set.filter(isOption))].sort());
});

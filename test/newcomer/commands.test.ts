/** The commands of README and OPERATIONS as their reader runs them, in their order, each beside the engine that it wants. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Desk, type Way } from '../support/desk.ts';
import { shellLines } from '../support/document-lines.ts';

/** Programs that harm nobody where the packages are those of this repository. */
const RUN_HERE = /^(?:npm run tickwire -- |tickwire |\(umask 077; tickwire |node examples\/|curl )/;

/** What is only checked for what it names, by the test of commands in documents. */
const NOT_HERE = [
  // The tutorial's test installs and starts, and the tests are not for a test.
  /^npm ci && npm (?:start|test)$/,
  // A broker's account.
  /\b(?:login|instruments) angel\b|--broker angel$/,
  // Other hosts, and what goes into their files.
  /\bticks\.example\b|\b10\.0\.0\.\d|^echo |^tickwire proxy$/,
  // Lines of `.env`.
  /^TICKWIRE_\w+=\S+$/,
  // What this system may not have.
  /^(?:sudo|docker|export) /,
];

/** In the words of a shell: the key that the document has had its reader make. */
const LAST_KEY = `$(tickwire keys list --json | grep -oE '"id":"[0-9a-f]{8}"' | cut -d'"' -f4)`;
const ended = (line: string) => `${line} --count 1`;
const WAYS: readonly Way[] = [
  {
    command: /\brecord \S+ .*--for/,
    beside: 'nothing',
    prints: /Recorded \d+ messages/g,
    edit: (line) => line.replace(/--for \S+/, '--for 2s'),
  },
  { command: /\brecord \S+$/, beside: 'nothing', prints: /Clients connect to/g, goesOn: true },
  { command: /\brecord \S+ --from-black-box/, beside: 'start', prints: /\d+ messages/g },
  { command: /\breplay /, beside: 'nothing', prints: /Clients connect to/g, goesOn: true },
  { command: /\bsimulate$/, beside: 'nothing', prints: /wss?:\/\//g, goesOn: true },
  { command: /\bfeed$/, beside: 'nothing', prints: /tcp:\/\//g, goesOn: true },
  { command: /\bproxy /, beside: 'feed', prints: /Ticks come from/g, goesOn: true },
  {
    command: /\bexamples\/bus-subscriber/,
    beside: 'start',
    prints: /RELIANCE/g,
    edit: (line) => `${line} --endpoint tcp://127.0.0.1:5556 --count 1`,
  },
  { command: /\bdrain\b/, beside: 'start', prints: /The engine has left/g, endsFirst: true },
  { command: /\bkeys .*--user alice/, beside: 'start', edit: (line) => line.replace('alice', 'demo') },
  { command: /\bkeys revoke /, beside: 'start', edit: (line) => line.replace(/\w+$/, LAST_KEY) },
  // Another host's, in a file of its own.
  { command: /\bkeys curve >> \.env/, beside: 'start', edit: (line) => line.replace('.env', 'curve.env') },
  { command: /\btail .*--count/, beside: 'start', prints: /RELIANCE/g },
  { command: /\btail /, beside: 'start', prints: /RELIANCE/g, edit: ended },
  { command: /\bdoctor --role proxy/, beside: 'feed', prints: /Go/g },
  { command: /\bdoctor --json/, beside: 'start', prints: /"verdict": ?"go"/g },
  { command: /\bdoctor$/, beside: 'start', prints: /^Go/gm },
  { command: /\bhelp$/, beside: 'start', prints: /Usage:/g },
  { command: /\bconfig$/, beside: 'start', prints: /WEBSOCKET_PORT/g },
  { command: /./, beside: 'start' },
];

for (const [document, least] of [
  ['README.md', 10],
  ['OPERATIONS.md', 20],
] as const) {
  test(`the commands of ${document} do what its reader wants of them`, async (t) => {
    const desk = await Desk.set(t);
    let count = 0;
    for (const { where, line } of shellLines(document)) {
      const [bare = ''] = line.split(/(?:^|\s+)#/);
      if (bare === '' || NOT_HERE.some((each) => each.test(bare))) continue;
      assert.match(bare, RUN_HERE, `${where}: nobody runs this`);
      const way = WAYS.find(({ command }) => command.test(bare))!;
      count++;
      await t.test(`${where}: ${bare}`, () => desk.follow(bare, way));
    }
    assert.ok(count >= least, `${count} commands`);
    await desk.have('nothing');
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCommandArguments } from '../../src/main/commands/command-arguments.ts';
import { TickwireError } from '../../src/main/errors.ts';

const SYNTAX = { words: ['<broker>'], flags: { user: 'value', renew: 'switch' } } as const;

function read(...argv: string[]) {
  return readCommandArguments('login', argv, SYNTAX);
}

function refusal(...argv: string[]): string {
  let refused: unknown;
  try {
    read(...argv);
  } catch (error) {
    refused = error;
  }
  assert.ok(refused instanceof TickwireError, `it should have been refused: ${argv.join(' ')}`);
  assert.equal(refused.code, 'COMMAND_INVALID');
  assert.equal(refused.exitCode, 64);
  return refused.message;
}

test('a command takes its own words and flags and leaves the options of the configuration', () => {
  assert.deepEqual(read('angel', '--user', 'alice', '--log-level', 'debug', '--renew', '--zmq-port=1'), {
    words: ['angel'],
    flags: { user: 'alice', renew: 'true' },
    rest: ['--log-level', 'debug', '--zmq-port=1'],
  });
  assert.equal(read('angel', '--user=a=b').flags.user, 'a=b');
});

test('a missing word, and one too many, are answered with the form of the command', () => {
  assert.match(refusal(), /must be "tickwire login <broker>", flags last, but was "tickwire login"/);
  assert.match(refusal('angel', 'now'), /was "tickwire login angel now"/);
  assert.match(refusal('--renew'), /must be "tickwire login <broker>"/);
});

test('a flag without its value, or with one that it does not take, is refused', () => {
  assert.match(refusal('angel', '--user'), /--user needs a value/);
  assert.match(refusal('angel', '--user', '--renew'), /--user needs a value/);
  assert.match(refusal('angel', '--renew=yes'), /--renew takes no value/);
});

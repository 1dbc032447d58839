import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCommandArguments } from '../../src/main/commands/command-arguments.ts';
import { TickwireError } from '../../src/main/errors.ts';

const SYNTAX = {
  name: 'login',
  words: ['<broker>'],
  flags: { user: { value: '<name>', doc: '' }, renew: { value: null, doc: '' } },
  options: [],
};

function read(...argv: string[]) {
  return readCommandArguments(SYNTAX, argv);
}

function refusal(...argv: string[]): string {
  return refusalOf(() => read(...argv), argv);
}

function refusalOf(reading: () => void, argv: readonly string[] = []): string {
  let refused: unknown;
  try {
    reading();
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

test('a mistyped flag of the command itself is answered with the one that was meant', () => {
  const mistyped = () => read('angel', '--renw');
  assert.throws(mistyped, {
    code: 'CONFIG_UNKNOWN_KEY',
    message: 'Unknown option --renw. Did you mean --renew?',
  });
  assert.deepEqual(read('angel', '--log-levle', 'debug').rest, ['--log-levle', 'debug']);
});

test('a word that may come several times is taken as often as it comes, but at least once', () => {
  const syntax = { ...SYNTAX, words: ['<symbol>…'] };
  assert.deepEqual(readCommandArguments(syntax, ['a', 'b', '--renew']).words, ['a', 'b']);
  assert.match(
    refusalOf(() => readCommandArguments(syntax, ['--renew'])),
    /must be "tickwire login <symbol>…"/,
  );
});

test('a command without options of the configuration refuses every flag but its own', () => {
  const syntax = { ...SYNTAX, options: null };
  assert.deepEqual(readCommandArguments(syntax, ['angel', '--renew']).flags, { renew: 'true' });
  const refused = refusalOf(() => readCommandArguments(syntax, ['angel', '--log-level=debug']));
  assert.match(refused, /login does not take "--log-level=debug"; it has --user, --renew/);
});

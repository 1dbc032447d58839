import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrainCommand } from '../../src/main/drain-command.ts';
import { StopRequest } from '../../src/main/stop-request.ts';

const TIMES = { drainTimeoutMs: 30_000, stopTimeoutMs: 5000 };

function endsWithinMs(command: DrainCommand, timeoutMs?: number) {
  const answer = command.run({ command: 'drain', timeoutMs }, () => () => {});
  return (answer as { endsWithinMs?: number }).endsWithinMs;
}

test('whoever asks for a drain that is under way is told how long that one may take', () => {
  const command = new DrainCommand(new StopRequest(), TIMES);
  assert.equal(endsWithinMs(command, 60_000), 65_000);
  assert.equal(endsWithinMs(command, 10), 65_000);
  assert.equal(endsWithinMs(command), 65_000);
});

test('whoever asks an engine that stops already for a drain is told how long that may take', () => {
  const stop = new StopRequest();
  stop.ask({ cause: 'SIGTERM', reason: 'stop', drainMs: null });
  assert.equal(endsWithinMs(new DrainCommand(stop, TIMES), 10), 35_000);
});

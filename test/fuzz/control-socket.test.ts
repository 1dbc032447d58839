import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { DrainCommand } from '../../src/main/drain-command.ts';
import { ControlSocket, parseLine } from '../../src/main/ops/control-socket.ts';
import { StopRequest } from '../../src/main/stop-request.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DRAIN = '{"command": "drain", "timeoutMs": 5}';
const wild = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(0, -1, 600_000, 600_001, 1e300, null, '5', [], true),
);
const command = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>('drain', '', '__proto__', 'constructor', 'toString') },
  wild,
);
const request = fc.record({ command, timeoutMs: wild }, { requiredKeys: [] });
const line = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(request, wild).map((each) => JSON.stringify(each)) },
  fc
    .tuple(fc.nat({ max: DRAIN.length }), fc.string({ unit: 'binary', maxLength: 4 }))
    .map(([at, insert]) => DRAIN.slice(0, at) + insert + DRAIN.slice(at + insert.length)),
  fc.integer({ min: 1, max: 3000 }).map((depth) => `{"command": ${'['.repeat(depth)}`),
  fc.integer({ min: 4000, max: 20_000 }).map((length) => 'x'.repeat(length)),
);
const bytes = fc.oneof(
  { weight: 6, arbitrary: line.map((each) => Buffer.from(each)) },
  fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
);
/** What somebody sends, where it is cut in pieces, and what else follows the line. */
const sent = fc.record({ bytes, cuts: fc.array(fc.nat(), { maxLength: 3 }), rest: bytes });

/** Sends a line in pieces, with something behind it. @returns the first line that comes back, and null for none */
function ask(path: string, { bytes, cuts, rest }: { bytes: Buffer; cuts: readonly number[]; rest: Buffer }) {
  const whole = Buffer.concat([bytes, Buffer.from('\n'), rest]);
  const places = cuts.map((cut) => cut % whole.length).sort((a, b) => a - b);
  return new Promise<string | null>((resolve) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text.includes('\n') ? text.slice(0, text.indexOf('\n')) : null));
    let from = 0;
    const next = () => {
      const to = places.shift() ?? whole.length;
      socket.write(whole.subarray(from, to), to < whole.length ? () => setImmediate(next) : undefined);
      from = to;
    };
    next();
  });
}

test('whatever comes through the control socket is taken or refused in one line, and the next command is heard', async (t) => {
  const path = join(temporaryDirectory(t), 'tickwire.sock');
  const drain = new DrainCommand(new StopRequest(), { drainTimeoutMs: 1000, stopTimeoutMs: 1000 });
  const control = await ControlSocket.open(path, { drain: drain.run }, { warn: () => assert.fail() });
  t.after(() => control?.close());
  let runs = 0;
  let taken = 0;
  await fuzz(
    fc.asyncProperty(sent, async (each) => {
      runs++;
      const answer = parseLine((await ask(path, each)) ?? '');
      assert.ok(answer !== null, 'no answer');
      if (answer.ok === true) taken++;
      else assert.equal(answer.code, 'CONTROL_REQUEST_INVALID');
      drain.onProgress({ clients: runs, unsentBytes: 0, closed: 0 });
      const good = await ask(path, { bytes: Buffer.from(DRAIN), cuts: [], rest: Buffer.alloc(0) });
      assert.equal(parseLine(good ?? '')?.endsWithinMs, 1005);
    }),
  );
  t.diagnostic(`${runs} requests, ${taken} taken`);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { prepareDatabase } from '../../bench/end-to-end/bench-database.ts';
import { EngineProcess } from '../../bench/end-to-end/engine-process.ts';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const BENCH = resolve(import.meta.dirname, '../../bench/index.ts');
const SMOKE_INSTRUMENTS = 100;

test('the bench measures a server that runs already and looks for its broker where the bench then listens', async (t) => {
  const directory = temporaryDirectory(t);
  prepareDatabase(directory, SMOKE_INSTRUMENTS);
  const port = await adjacentPorts();
  const engine = new EngineProcess({
    command: 'start',
    directory,
    flags: [
      '--websocket-port=0',
      `--bus-endpoint=ipc://${directory}/bus`,
      `--angel-ws-url=ws://127.0.0.1:${port}/`,
      '--broker-api-key=bench',
    ],
  });
  t.after(() => engine.stop());
  const report = join(directory, 'report.json');
  const options = {
    target: (await engine.url()).replace('http', 'ws'),
    'upstream-port': port,
    'target-key': await engine.apiKey(),
    json: report,
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const bench = spawn(process.execPath, [BENCH, '--smoke', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [bench.stdout, bench.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(bench, 'close');
  assert.equal(code, 0, output);
  const { scenarios } = JSON.parse(readFileSync(report, 'utf8'));
  const [target, floor] = scenarios[0].rounds;
  assert.deepEqual([scenarios.length, target.name, floor.name], [1, 'target, 5000/s', 'floor, 5000/s']);
  for (const { runs } of [target, floor]) {
    assert.equal(runs[0].lost, 0);
    assert.ok(runs[0].received > 0);
  }
  assert.equal(target.runs[0].engineCpuShare, null, 'nobody said which process the target is');
});

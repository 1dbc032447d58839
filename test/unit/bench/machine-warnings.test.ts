import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineUseBetween, readMachine } from '../../../bench/harness/machine-use.ts';
import { machineWarnings } from '../../../bench/harness/machine-warnings.ts';

const QUIET = {
  wallSeconds: 9,
  loadAtStart: [0.5, 0.5, 0.5],
  loadAtEnd: [2, 1, 1],
  otherCores: 0.05,
  stolenCores: 0,
};
const NO_ROUNDS = { rounds: [] };
const late = (name: string, lag: number, key = 'generatorLag') => ({
  name,
  runs: [1, 2, 3].map(() => ({ latency: { p50: 10, p99: 100 }, [key]: { p99: lag } })),
});

test('a quiet machine and a punctual generator are worth no warning', () => {
  assert.deepEqual(machineWarnings(QUIET, 2, { rounds: [late('x', 50)] }), []);
});

test('other processes at work, and a hypervisor that takes time, are each said', () => {
  const [others, stolen] = machineWarnings({ ...QUIET, otherCores: 0.3, stolenCores: 0.2 }, 2, NO_ROUNDS);
  assert.match(
    others!,
    /none of the suite's kept 0\.30 of 2 cores busy \(load average 0\.5 before, 2 after\)/,
  );
  assert.match(stolen!, /hypervisor gave 0\.20 cores/);
});

test("a load above the cores is held against the suite's own work where others are known to have been quiet", () => {
  const busyBefore = { ...QUIET, loadAtStart: [2.5, 1, 1] };
  assert.deepEqual(machineWarnings(busyBefore, 2, NO_ROUNDS), []);
});

test('lines whose p99 is mostly the own lag of the load are named, the worst first', () => {
  const rounds = [late('a', 51), late('b', 90, 'writerLag'), late('c', 10), late('d', 60), late('e', 70)];
  const [warning] = machineWarnings(QUIET, 2, { rounds });
  assert.match(warning!, /more than 50 % of the p99 of b \(90 %\), e \(70 %\), d \(60 %\) and 1 more$/);
});

test('where the system tells nothing of other processes, only what is known is judged', () => {
  const unknown = { ...QUIET, otherCores: null, stolenCores: null };
  assert.deepEqual(machineWarnings(unknown, 2, NO_ROUNDS), []);
  const [load] = machineWarnings({ ...unknown, loadAtStart: [2.5, 1, 1] }, 2, NO_ROUNDS);
  assert.match(load!, /load average was 2\.5 on 2 cores/);
});

test('what the suite itself used is taken off what the machine was busy with', () => {
  const at = (atMs: number, busy: number, stolen: number, own: number) => ({
    atMs,
    load: [0, 0, 0],
    clocks: { busy, stolen, own },
  });
  const use = machineUseBetween(at(1000, 50, 1, 7), at(5000, 57, 2, 11));
  assert.deepEqual([use.otherCores, use.stolenCores], [0.75, 0.25]);
  const steps = machineUseBetween(at(0, 50, 0, 7), at(1000, 51, 0, 8.01));
  assert.equal(steps.otherCores, 0, 'clocks that advance in steps never give a negative number');
});

test('a reading of the machine has the CPU time of this process in it', () => {
  const { clocks } = readMachine();
  if (process.platform !== 'linux') return assert.equal(clocks, null);
  const { user, system } = process.cpuUsage();
  assert.ok(Math.abs(clocks!.own - (user + system) / 1e6) < 0.2, `${clocks!.own}`);
  assert.ok(clocks!.busy > clocks!.own);
});

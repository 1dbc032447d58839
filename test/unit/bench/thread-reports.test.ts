/** What the threads of an engine under test say of themselves, found in everything else that it prints. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REPORT_MARK, type ThreadReport, ThreadReports } from '../../../bench/end-to-end/thread-reports.ts';

const line = (report: ThreadReport) => `${REPORT_MARK}${JSON.stringify(report)}\n`;

test('pauses of the garbage collector count for the thread and for the time in which they were, also when a line comes in two parts', () => {
  const reports = new ThreadReports();
  const first = `Open http://127.0.0.1:1/\n${line({ type: 'thread', tid: 7, name: 'proxy-worker' })}{"level":40}\n${line({ type: 'pause', tid: 7, ms: 2 })}`;
  const cut = line({ type: 'pause', tid: 7, ms: 3 });
  assert.deepEqual(
    [...reports.follow(first + cut.slice(0, 20))],
    [[7, { count: 1, totalMs: 2, longestMs: 2 }]],
  );
  assert.equal(reports.names.get(7), 'proxy-worker');
  const rest = `${cut}${line({ type: 'pause', tid: 7, ms: 1 })}${line({ type: 'pause', tid: 8, ms: 5 })}`;
  assert.deepEqual(
    [...reports.follow(first + rest)],
    [
      [7, { count: 2, totalMs: 4, longestMs: 3 }],
      [8, { count: 1, totalMs: 5, longestMs: 5 }],
    ],
  );
  assert.deepEqual([...reports.follow(first + rest)], []);
});

test('a report behind a line that another thread left open is found', () => {
  const reports = new ThreadReports();
  reports.follow(`half a line ${line({ type: 'thread', tid: 1, name: 'main' })}`);
  assert.equal(reports.names.get(1), 'main');
});

/** Instrument lists on their way into the embedded database: good ones, and every way in which one can be broken. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ANGEL_INSTRUMENTS } from '../../src/codec/angel/scrip-master.ts';
import { openDatabase } from '../../src/main/database/open-database.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { InstrumentTable } from '../../src/main/instruments/instrument-table.ts';
import { DOWNLOAD_LIMITS } from '../../src/main/instruments/list-download.ts';
import { ListFiles } from '../../src/main/instruments/list-files.ts';
import {
  type RefreshProgress,
  type RefreshTask,
  refreshList,
} from '../../src/main/instruments/list-refresh.ts';
import {
  cutText,
  half,
  type ListAnswer,
  packed,
  startListServer,
  status,
  whole,
} from '../support/list-server.ts';
import { CASH, listText, type Scrip, scrips } from '../support/scrip-list.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ROWS = 1000;
const GOOD = scrips(ROWS);
const GOOD_TEXT = listText(GOOD);
/** Five indices are added where a list lacks them. */
const STORED = ROWS + 5;

interface Scene {
  readonly db: DatabaseSync;
  readonly folder: string;
  readonly progress: RefreshProgress[];
  refresh(from: string | readonly string[], task?: Partial<RefreshTask>): ReturnType<typeof refreshList>;
  /** Symbols of the table, sorted. */
  symbols(): string[];
}

function startScene(t: TestContext): Scene {
  const cwd = temporaryDirectory(t);
  const opened = openDatabase({ databaseUrl: null, apiKeyPepper: null, fernetSalt: null }, cwd);
  opened.close();
  const db = new DatabaseSync(opened.path);
  t.after(() => db.close());
  const folder = join(cwd, 'db', 'instruments');
  const progress: RefreshProgress[] = [];
  return {
    db,
    folder,
    progress,
    refresh: (from, task = {}) =>
      refreshList(db, new ListFiles(folder, 'angel'), {
        broker: 'angel',
        source: ANGEL_INSTRUMENTS,
        from: [from].flat(),
        headers: {},
        allowShrunken: false,
        retryWaitsMs: [],
        limits: DOWNLOAD_LIMITS,
        onProgress: (each) => progress.push(each),
        ...task,
      }),
    symbols: () =>
      db
        .prepare('SELECT exchange, symbol, token, broker FROM symtoken ORDER BY exchange, symbol, token')
        .all()
        .map((row) => Object.values(row).join(' ')),
  };
}

async function refusal(refresh: Promise<unknown>): Promise<TickwireError> {
  try {
    await refresh;
  } catch (error) {
    assert.ok(error instanceof TickwireError, String(error));
    return error;
  }
  return assert.fail('the list was taken over');
}

test('a list becomes the whole table, with the names of OpenAlgo and the indices that it lacks', async (t) => {
  const scene = startScene(t);
  const server = await startListServer(t, whole(GOOD_TEXT));
  const outcome = await scene.refresh(server.url);
  assert.ok(outcome.status === 'stored');
  assert.equal(outcome.rows, STORED);
  const table = InstrumentTable.load(scene.db).get('angel')!;
  assert.equal(table.find('NSE', 'RELIANCE')?.token, '2885');
  assert.equal(table.find('NSE_INDEX', 'NIFTY')?.token, '99926000');
  assert.equal(table.find('NFO', 'NIFTY28AUG9810000CE')?.token, '1000000');
  assert.equal(table.find('NFO', 'NIFTY29DEC26FUT'), undefined, 'the demo instruments are gone');
  const state = scene.db.prepare("SELECT * FROM master_contract_status WHERE broker = 'angel'").get()!;
  assert.deepEqual([state.status, state.is_ready, state.total_symbols], ['success', 1, String(STORED)]);
  const indexes = scene.db
    .prepare("SELECT count(*) AS n FROM sqlite_master WHERE tbl_name = 'symtoken' AND type = 'index'")
    .get();
  assert.equal(indexes?.n, 9, 'all indexes are there again');
  assert.ok(scene.progress.some(({ phase }) => phase === 'download'));
  assert.ok(scene.progress.some(({ phase }) => phase === 'import'));
});

test('a list is the same packed or not, over the network or from a file', async (t) => {
  const scene = startScene(t);
  const server = await startListServer(t, whole(GOOD_TEXT));
  await scene.refresh(server.url);
  const symbols = scene.symbols();
  const path = join(temporaryDirectory(t), 'list.json');
  writeFileSync(path, GOOD_TEXT);
  writeFileSync(`${path}.gz`, gzipSync(GOOD_TEXT));
  for (const answer of [packed(GOOD_TEXT, true), packed(GOOD_TEXT, false)]) {
    scene.db.exec('DELETE FROM symtoken');
    server.answer = answer;
    await scene.refresh(server.url);
    assert.deepEqual(scene.symbols(), symbols);
  }
  for (const from of [path, `${path}.gz`]) {
    scene.db.exec('DELETE FROM symtoken');
    await scene.refresh(from);
    assert.deepEqual(scene.symbols(), symbols);
  }
});

const bad = (count: number) => GOOD.map((row, i) => (i < count ? { ...row, token: '' } : row));
const without = (exchange: string) => GOOD.filter(({ exch_seg }) => exch_seg !== exchange);

/** Each form of breakage: what the server says, and the code that the operator reads. */
const BREAKAGES: readonly (readonly [string, ListAnswer, string, RegExp])[] = [
  ['a web page', whole('<html><body>Busy</body></html>'), 'INSTRUMENTS_NOT_A_LIST', /begins with "<html>/],
  ['another JSON', whole('{"status": false}'), 'INSTRUMENTS_NOT_A_LIST', /instead of \[/],
  ['garbage in the middle', whole(`${GOOD_TEXT.slice(0, 9000)}}}]`), 'INSTRUMENTS_NOT_A_LIST', /row/],
  ['null', whole('null'), 'INSTRUMENTS_EMPTY', /it is null/],
  ['an empty list', whole('[]'), 'INSTRUMENTS_EMPTY', /no rows/],
  ['nothing', whole(''), 'INSTRUMENTS_EMPTY', /no text/],
  [
    'a list of expired contracts',
    whole(listText(scrips(100).map((row) => ({ ...row, expiry: '01JAN2020' })))),
    'INSTRUMENTS_EMPTY',
    /100 are expired/,
  ],
  ['a text that ends in the middle', cutText(GOOD_TEXT), 'INSTRUMENTS_CUT', /before the end of the list/],
  ['a connection that breaks', half(GOOD_TEXT, 'breaks'), 'INSTRUMENTS_CUT', /broke off after \d+ bytes/],
  [
    'a server that falls silent',
    half(GOOD_TEXT, 'stalls'),
    'INSTRUMENTS_UNAVAILABLE',
    /nothing came for 0\.2 s/,
  ],
  [
    'a list of three quarters',
    whole(listText(GOOD.slice(0, 750))),
    'INSTRUMENTS_SHRUNKEN',
    /has only 755 of 1005\. If that is right/,
  ],
  ['too many bad rows', whole(listText(bad(11))), 'INSTRUMENTS_BAD_ROWS', /11 of its 1000 rows/],
  [
    'a list without an exchange',
    whole(listText(without('BSE'))),
    'INSTRUMENTS_EXCHANGE_MISSING',
    /no instrument of BSE/,
  ],
  ['a list without an end', whole(listText(scrips(9000))), 'INSTRUMENTS_TOO_LARGE', /larger than/],
  ['a refusal', status(403), 'INSTRUMENTS_UNAVAILABLE', /HTTP status 403/],
  ['a server in trouble', status(503), 'INSTRUMENTS_UNAVAILABLE', /HTTP status 503/],
];

for (const [what, answer, code, message] of BREAKAGES) {
  test(`${what} never replaces a good table: ${code}`, async (t) => {
    const scene = startScene(t);
    const server = await startListServer(t, whole(GOOD_TEXT));
    await scene.refresh(server.url);
    const before = { symbols: scene.symbols(), files: new ListFiles(scene.folder, 'angel').lists() };
    server.answer = answer;
    const limits = { idleMs: 200, totalMs: 5000, maxBytes: 1024 * 1024 };
    const error = await refusal(scene.refresh(server.url, { limits }));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.ok(error.message.includes(server.url), 'the message names the address');
    assert.deepEqual(scene.symbols(), before.symbols);
    assert.deepEqual(new ListFiles(scene.folder, 'angel').lists(), before.files);
    assert.deepEqual(
      readdirSync(scene.folder).filter((name) => name.endsWith('.new')),
      [],
      'nothing is left over',
    );
    server.answer = whole(listText(scrips(1100)));
    const outcome = await scene.refresh(server.url);
    assert.equal(outcome.rows, 1105, 'and the next good list is taken over');
  });
}

test('a single bad row, an unknown exchange, an expired contract and a row that comes twice are left out and counted', async (t) => {
  const scene = startScene(t);
  const odd: Scrip[] = [
    { ...CASH, token: '', symbol: 'BAD-EQ' },
    { ...CASH, token: '7', symbol: 'FOREIGN', exch_seg: 'NYSE' },
    { ...CASH, token: '8', symbol: 'OLDFUT', expiry: '01JAN2020', instrumenttype: 'FUTIDX', exch_seg: 'NFO' },
    { ...CASH, token: '2885', symbol: 'RENAMED-EQ' },
    { ...CASH, token: '2885', symbol: 'OTHERPLACE', exch_seg: 'BSE' },
  ];
  const server = await startListServer(t, whole(listText([...GOOD, ...odd])));
  const outcome = await scene.refresh(server.url);
  assert.ok(outcome.status === 'stored');
  assert.deepEqual([outcome.leftOut, outcome.duplicates], [{ bad: 1, foreign: 1, expired: 1 }, 1]);
  assert.equal(outcome.rows, STORED + 1);
  const table = InstrumentTable.load(scene.db).get('angel')!;
  assert.equal(table.find('NSE', 'RENAMED')?.token, '2885', 'of two rows with one token the last one counts');
  assert.equal(table.find('NSE', 'RELIANCE'), undefined);
  assert.equal(
    table.find('BSE', 'OTHERPLACE')?.token,
    '2885',
    'a token of another exchange is another instrument',
  );
});

test('a list that is nearly whole but has lost an exchange never replaces a good table', async (t) => {
  const scene = startScene(t);
  const commodities = Array.from(
    { length: 120 },
    (_, i): Scrip => ({
      ...CASH,
      token: String(500_000 + i),
      symbol: `GOLD28AUG98${50_000 + i}CE`,
      name: 'GOLD',
      exch_seg: 'MCX',
    }),
  );
  const server = await startListServer(t, whole(listText([...GOOD, ...commodities])));
  await scene.refresh(server.url);
  const before = scene.symbols();
  server.answer = whole(listText([...GOOD, ...commodities.slice(0, 11)]));
  const error = await refusal(scene.refresh(server.url));
  assert.equal(error.code, 'INSTRUMENTS_SHRUNKEN');
  assert.match(error.message, /has only 11 of 120 on MCX\. If that is right/);
  assert.deepEqual(scene.symbols(), before);
  assert.equal((await scene.refresh(server.url, { allowShrunken: true })).rows, STORED + 11);
});

test('a list that shrank on purpose is taken over when the operator says so', async (t) => {
  const scene = startScene(t);
  const server = await startListServer(t, whole(GOOD_TEXT));
  await scene.refresh(server.url);
  server.answer = whole(listText(GOOD.slice(0, 100)));
  assert.equal((await refusal(scene.refresh(server.url))).code, 'INSTRUMENTS_SHRUNKEN');
  assert.equal((await scene.refresh(server.url, { allowShrunken: true })).rows, 105);
});

test('the second address is asked when the first fails, and both again after a wait', async (t) => {
  const scene = startScene(t);
  const first = await startListServer(t, status(404));
  const second = await startListServer(t, whole(GOOD_TEXT));
  const stored = await scene.refresh([first.url, second.url]);
  assert.equal(stored.from, second.url);
  scene.db.exec('DELETE FROM symtoken');
  second.answer = (response) => {
    second.answer = whole(GOOD_TEXT);
    status(503)(response, second.requests[0]!);
  };
  const again = await scene.refresh([first.url, second.url], { retryWaitsMs: [1] });
  assert.equal(again.from, second.url);
  assert.deepEqual([first.requests.length, second.requests.length], [3, 3]);
  const retries = scene.progress.filter(({ phase }) => phase === 'retry');
  assert.equal(retries.length, 4);
});

test('a list that the server has not changed is not fetched twice on a day', async (t) => {
  const scene = startScene(t);
  const server = await startListServer(t, whole(GOOD_TEXT, '"v1"'));
  await scene.refresh(server.url);
  const symbols = scene.symbols();
  assert.deepEqual(await scene.refresh(server.url), { status: 'unchanged', from: server.url, rows: STORED });
  assert.equal(server.requests[1]!.headers['if-none-match'], '"v1"');
  assert.deepEqual(scene.symbols(), symbols);
  // Whoever has emptied the table wants it filled.
  scene.db.exec('DELETE FROM symtoken');
  assert.equal((await scene.refresh(server.url)).status, 'stored');
  server.answer = whole(listText(scrips(1200)), '"v2"');
  assert.equal((await scene.refresh(server.url)).rows, 1205);
});

test('the last two good lists are kept as files, with date, hash, rows and address', async (t) => {
  const scene = startScene(t);
  const server = await startListServer(t, whole(GOOD_TEXT));
  for (const rows of [1000, 1001, 1002]) {
    server.answer = whole(listText(scrips(rows)));
    await scene.refresh(server.url);
  }
  const lists = new ListFiles(scene.folder, 'angel').lists();
  assert.deepEqual(
    lists.map(({ rows }) => rows),
    [1007, 1006],
  );
  const [newest] = lists;
  assert.equal(readFileSync(join(scene.folder, newest!.file), 'utf8'), listText(scrips(1002)));
  assert.match(newest!.sha256, /^[0-9a-f]{64}$/);
  assert.equal(newest!.from, server.url);
  assert.ok(Math.abs(Date.parse(newest!.date) - Date.now()) < 60_000);
  assert.deepEqual(readdirSync(scene.folder).length, 3, 'two lists and what tells of them');
});

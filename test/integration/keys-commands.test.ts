/** `tickwire keys create|list|revoke|role`, in this process: what they print, store and refuse. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { findCommand, needAction } from '../../src/main/commands/find-command.ts';
import { copyEmbeddedDatabase } from '../support/embedded-database-copy.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Runs commands in a directory with the demo database. @returns what a command printed */
function setUp(t: TestContext): (...argv: string[]) => Promise<string> {
  const cwd = temporaryDirectory(t);
  copyEmbeddedDatabase(cwd);
  return async (...words) => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const { command, argv } = findCommand(['keys', ...words]);
    if (command.load === null) throw needAction(command);
    const { run } = await command.load();
    assert.equal(await run({ argv, cwd, env: {}, script: '', print, printError: print }), 0);
    return lines.join('\n');
  };
}

test('a key is shown once, with its role, and listed beside OpenAlgo’s own', async (t) => {
  const keys = setUp(t);
  assert.match(await keys('list'), /^openalgo:demo +demo +full +good/m);
  await keys('role', 'set', 'viewer', '--modes=ltp,2');
  const [key = '', told = ''] = (
    await keys('create', '--user=demo', '--role=viewer', '--name=wall display')
  ).split('\n');
  assert.match(key, /^tw_[0-9a-f]{64}$/);
  const id = /^This is key ([0-9a-f]{8}) of demo, with role viewer\./.exec(told)?.[1] ?? '';
  assert.match(await keys('list'), new RegExp(`^${id} +demo +viewer +good .* wall display$`, 'm'));
  assert.match(await keys('revoke', `own:${id}`), new RegExp(`^Key ${id} of demo was revoked at `));
  const list = await keys('list');
  assert.match(list, new RegExp(`^${id} +demo +viewer +revoked .* wall display$`, 'm'));
  assert.ok(!list.includes(key));
  const json = JSON.parse(await keys('create', '--user=demo', '--json')) as Record<string, unknown>;
  assert.deepEqual(Object.keys(json), ['id', 'key', 'user', 'name', 'role', 'created']);
});

test('a role keeps what is not named, and all lifts a restriction', async (t) => {
  const keys = setUp(t);
  await keys(
    'role',
    'set',
    'viewer',
    '--modes=ltp,2',
    '--exchanges=nse',
    '--symbols=NIFTY*, NSE:INFY',
    '--orders=no',
  );
  const set = await keys(
    'role',
    'set',
    'viewer',
    '--modes=all',
    '--depth=5',
    '--max-connections=2',
    '--json',
  );
  const rights = {
    role: 'viewer',
    modes: null,
    depthLevels: [5],
    exchanges: ['NSE'],
    symbols: ['NIFTY*', 'NSE:INFY'],
    orders: false,
    limits: { maxConnections: 2, maxSubscriptions: null, requestsPerSecond: null },
  };
  assert.deepEqual(JSON.parse(set), rights);
  await keys('role', 'assign', 'viewer', '--user=demo');
  const list = JSON.parse(await keys('role', 'list', '--json')) as object[];
  assert.deepEqual(list[1], { ...rights, keys: [], users: ['demo'] });
  assert.match(await keys('list'), /^openalgo:demo +demo +viewer +good/m);
  await keys('role', 'unassign', '--user=demo');
  await keys('role', 'remove', 'viewer');
  assert.match(
    await keys('role', 'list'),
    /^full +all modes; all depth levels; all exchanges; all symbols; order updates$/m,
  );
});

test('a command that cannot do what it was told says what there is, and changes nothing', async (t) => {
  const keys = setUp(t);
  for (const [argv, code, message] of [
    [['create'], 'COMMAND_INVALID', /needs --user: .* Users are demo\./],
    [['create', '--user=bob'], 'USER_UNKNOWN', /no user "bob" in the database; there is demo\./],
    [['create', '--user=demo', '--role=viewer'], 'ROLE_UNKNOWN', /no role viewer; there is full\./],
    [['create', '--user=demo', `--name=${'n'.repeat(101)}`], 'COMMAND_INVALID', /--name has 101 characters/],
    [['revoke', 'beefbeef'], 'KEY_UNKNOWN', /no key with the id beefbeef/],
    [['revoke', 'openalgo:demo'], 'COMMAND_INVALID', /OpenAlgo's own key: make a new one on OpenAlgo's page/],
    [['role'], 'COMMAND_INVALID', /needs one more word: tickwire keys role set, /],
    [['role', 'set', 'wall display'], 'COMMAND_INVALID', /letters, digits, _ and -, but was "wall display"/],
    [
      ['role', 'set', 'full', '--modes=ltp'],
      'COMMAND_INVALID',
      /full allows everything and cannot be changed/,
    ],
    [['role', 'set', 'v', '--modes=ltp,all'], 'COMMAND_INVALID', /--modes has "all"; modes are ltp, quote/],
    [['role', 'set', 'v', '--depth=7'], 'COMMAND_INVALID', /--depth has "7"; levels are 5, 20, 30 and 50/],
    [['role', 'set', 'v', '--max-connections=-1'], 'COMMAND_INVALID', /--max-connections is "-1"/],
    [['role', 'set', 'v', '--orders=some'], 'COMMAND_INVALID', /--orders is "some"; it must be yes or no/],
    [['role', 'assign', 'full'], 'COMMAND_INVALID', /either --key <id>, or --user <name>/],
    [['role', 'remove', 'full'], 'COMMAND_INVALID', /full is that of whoever has none/],
  ] as const) {
    await assert.rejects(keys(...argv), { code, message }, argv.join(' '));
  }
  assert.equal((await keys('list')).split('\n').length, 2);
  assert.equal((await keys('role', 'list')).split('\n').length, 2);
});

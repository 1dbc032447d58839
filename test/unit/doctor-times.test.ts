/** What the doctor makes of times: sessions that end, lists and certificates that age, calendars that run out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encryptFernet, fernetTime } from '../../src/main/auth/fernet.ts';
import { jwtTimes } from '../../src/main/auth/jwt-times.ts';
import { check as checkCalendar } from '../../src/main/doctor/calendar.ts';
import { check as checkCertificate } from '../../src/main/doctor/certificate.ts';
import { LOOKS, MEASUREMENTS } from '../../src/main/doctor/check-table.ts';
import { check as checkConfiguration } from '../../src/main/doctor/configuration.ts';
import { nextClose } from '../../src/main/doctor/next-close.ts';
import { sessionEnd } from '../../src/main/doctor/session-end.ts';
import { parseStoredTime } from '../../src/main/doctor/stored-time.ts';
import { makeCertificate } from '../../src/main/ops/self-signed-certificate.ts';
import { doctorContext } from '../support/doctor-context.ts';
import { jwt } from '../support/doctor-scene.ts';
import { writeTlsFiles } from '../support/tls-files.ts';

const at = (iso: string) => Date.parse(iso);
/** Monday, 09:00 in India. */
const MONDAY = '2026-11-23T03:30:00Z';

test('a session ends with the first of: what a token says, and the hour at which the broker ends them all', () => {
  const loggedIn = at('2026-11-23T02:00:00Z');
  const of = (authToken: string, feedToken: string | null = null, storedAt = loggedIn) =>
    new Date(sessionEnd({ authToken, feedToken, storedAt }, '05:00').at).toISOString();
  assert.equal(of('no JWT'), '2026-11-23T23:30:00.000Z');
  assert.equal(of(jwt(at('2026-11-23T12:00:00Z'), loggedIn)), '2026-11-23T12:00:00.000Z');
  assert.equal(of('no JWT', jwt(at('2026-11-23T11:00:00Z'), loggedIn)), '2026-11-23T11:00:00.000Z');
  // A token of yesterday that says that it lasts: the broker ends it all the same.
  const ofYesterday = jwt(at('2026-11-30T00:00:00Z'), at('2026-11-22T10:00:00Z'));
  assert.equal(of(ofYesterday, null, loggedIn), '2026-11-22T23:30:00.000Z');
  // 04:59 in India: ends a minute later.
  assert.equal(of('no JWT', null, at('2026-11-22T23:29:00Z')), '2026-11-22T23:30:00.000Z');
});

test('times are read of a token that has them, and nothing is made of any other text', () => {
  const seconds = at(MONDAY) / 1000;
  assert.deepEqual(jwtTimes(jwt(at(MONDAY), at(MONDAY) - 1000)), {
    issuedAt: at(MONDAY) - 1000,
    expiresAt: at(MONDAY),
  });
  const broken = Buffer.from('{"exp":"soon"}').toString('base64url');
  assert.deepEqual(jwtTimes(`a.${broken}.c`), { issuedAt: null, expiresAt: null });
  for (const text of ['', 'a.b', 'a.b.c', 'a.bnVsbA.c', 'a.b.c.d', 'DEMO.AUTH.TOKEN'])
    assert.equal(jwtTimes(text), null);
  assert.equal(fernetTime(encryptFernet(Buffer.alloc(32), 'token', seconds)), at(MONDAY));
  for (const text of ['', 'short', 'x'.repeat(100)]) assert.equal(fernetTime(text), null);
});

test('a time that Tickwire has stored is UTC, one of OpenAlgo is of this machine, and another text is no time', () => {
  assert.equal(parseStoredTime('2026-11-23 03:30:00', true), at(MONDAY));
  assert.equal(parseStoredTime('2026-11-23 03:30:00.123', true), at(MONDAY) + 123);
  assert.equal(
    parseStoredTime('2026-11-23 09:00:00.654321', false),
    new Date(2026, 10, 23, 9, 0, 0, 654).getTime(),
  );
  for (const text of ['', 'yesterday', '2026-11-23', '2026-99-99 00:00:00'])
    assert.equal(parseStoredTime(text, true), null);
});

test('a calendar without holidays of this year is a warning that names the option, one of this year says when NSE opens', async () => {
  const angel = ['--broker=angel'];
  const [now, ...others] = await checkCalendar(doctorContext(angel, MONDAY));
  assert.deepEqual([now?.verdict, others.length], ['go', 0]);
  assert.match(now?.found ?? '', /^NSE is (closed|in its pre-open session) until 2026-11-23 09:15 IST/);
  const [nextYear] = await checkCalendar(doctorContext(angel, '2027-01-26T04:00:00Z'));
  assert.equal(nextYear?.verdict, 'warn');
  assert.match(nextYear?.advice ?? '', /holidays of 2027 in TICKWIRE_MARKET_CALENDAR/);
  const [simulated] = await checkCalendar(doctorContext([], '2027-01-26T04:00:00Z'));
  assert.equal(simulated?.verdict, 'go');
});

test('the next close of the market is that of today while it is open or about to, else that of the next trading day', () => {
  const close = (iso: string) =>
    new Date(nextClose(doctorContext(['--broker=angel'], iso)) ?? 0).toISOString();
  assert.equal(close(MONDAY), '2026-11-23T10:00:00.000Z');
  assert.equal(close('2026-11-23T06:00:00Z'), '2026-11-23T10:00:00.000Z');
  assert.equal(close('2026-11-20T10:01:00Z'), '2026-11-23T10:00:00.000Z');
});

test('a certificate is go, a warning in its last two weeks, and no-go when it has ended or not begun', async (t) => {
  const until = new Date(Date.now() + 60 * 86_400_000);
  const { flags } = writeTlsFiles(t, await makeCertificate(['localhost'], until));
  const verdict = async (days: number) => {
    const iso = new Date(until.getTime() + days * 86_400_000).toISOString();
    return (await checkCertificate(doctorContext(flags, iso)))[0]?.verdict;
  };
  assert.deepEqual(await Promise.all([-30, -13, 1, -90].map(verdict)), ['go', 'warn', 'no-go', 'no-go']);
});

test('everything that a start would refuse is found at once, each by its option', async () => {
  const flags = [
    '--broker=angel',
    '--angel-ws-url=ws://10.0.0.1/',
    '--websocket-host=0.0.0.0',
    '--bus-endpoint=tcp://*:5556',
    '--ops-host=0.0.0.0',
  ];
  const found = (await checkConfiguration(doctorContext(flags, MONDAY))).map((each) => each.found);
  assert.equal(found.length, 4, found.join('\n'));
  for (const option of ['WEBSOCKET_HOST', 'TICKWIRE_BUS_ENDPOINT', 'ANGEL_WS_URL', 'TICKWIRE_OPS_HOST']) {
    assert.ok(
      found.some((text) => text.startsWith(`CONFIG_INVALID: ${option} is`)),
      `${option}\n${found.join('\n')}`,
    );
  }
});

test('OPERATIONS.md says of each check of the doctor what it looks at', () => {
  const document = readFileSync(new URL('../../OPERATIONS.md', import.meta.url), 'utf8');
  const section = /^## Doctor$(.*?)^## /ms.exec(document)?.[1] ?? '';
  const rows = [...section.matchAll(/^\| ([a-z ]+) \| .*\|$/gm)].map(([, name]) => name).slice(1);
  assert.deepEqual(
    rows,
    [...LOOKS, ...MEASUREMENTS].map(({ name }) => name),
  );
});

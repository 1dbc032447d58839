import { once } from 'node:events';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { describeConnectError } from '../../workers/feed/connect-error.ts';

/** Of each address, of which there may be three. */
const TIMEOUT_MS = 3000;
/** Codes with which TLS refuses a certificate, whatever is wrong with it. */
const UNTRUSTED = /CERT|SIGNED|ISSUER|VERIFY|ALTNAME/;

/** Times in ms since 1970. */
export type DateAnswer =
  | {
      readonly status: 'date';
      /** Our clock before the request was sent, and when the answer began to come. */
      readonly sentAt: number;
      readonly receivedAt: number;
      /** What the server said, whole seconds. */
      readonly date: number;
    }
  | { readonly status: 'untrusted' | 'silent'; readonly reason: string };

/**
 * Asks a server for the time, by a request for a page that it need not have: every answer has a date. Sends nothing else, and
 * follows nowhere. Never rejects.
 */
export async function serverDate(address: string): Promise<DateAnswer> {
  const url = new URL(address);
  const options = { agent: false, method: 'HEAD', signal: AbortSignal.timeout(TIMEOUT_MS) };
  let sentAt = Date.now();
  const request =
    url.protocol === 'https:'
      ? requestTls(url, { ...options, rejectUnauthorized: true })
      : requestPlain(url, options);
  // What it takes to connect is no part of the uncertainty: the request leaves when the connection is there.
  request.on('socket', (socket) => {
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      sentAt = Date.now();
    });
  });
  // One that comes when nobody waits any more would end the process.
  request.on('error', () => {});
  request.end();
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const receivedAt = Date.now();
    // Kept somewhere on the way: its date is that of the first answer.
    if (Number(response.headers.age ?? 0) > 0) return { status: 'silent', reason: 'it answers from a cache' };
    const date = Date.parse(response.headers.date ?? '');
    if (Number.isNaN(date)) return { status: 'silent', reason: 'it does not tell its time' };
    return { status: 'date', sentAt, receivedAt, date };
  } catch (error) {
    if (!(error instanceof Error)) return { status: 'silent', reason: String(error) };
    if (error.name === 'AbortError') return { status: 'silent', reason: 'no answer in time' };
    const code = 'code' in error ? String(error.code) : '';
    return {
      status: UNTRUSTED.test(code) ? 'untrusted' : 'silent',
      reason: describeConnectError(error, address),
    };
  } finally {
    request.destroy();
  }
}

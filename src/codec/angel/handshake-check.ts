/** SmartStream's side of a handshake: which credentials it reads, and how it refuses. */
import type { ExchangeCredentials, OfferedHandshake } from '../exchange-wire.ts';
import { formatHttpRefusal, type HandshakeRefusal, reasonOf } from '../handshake-refusal.ts';

export const STREAM_PATH = '/smart-stream';
export const LIMIT_MESSAGE = 'Invalid Request. Connection Limit Exceeded.';

/** Credentials as a client gave them; null is what its form of the handshake does not carry. */
export interface OfferedCredentials {
  readonly authToken: string | null;
  readonly apiKey: string;
  readonly clientCode: string;
  readonly feedToken: string;
}

/**
 * Reads the header form, or the query form (for browsers, which cannot set headers; it has no JWT) if the query names a
 * client.
 */
export function readOfferedCredentials({ url, headers }: OfferedHandshake): OfferedCredentials {
  const query = URL.parse(url, 'ws://localhost')?.searchParams;
  if (query?.has('clientCode')) {
    return {
      authToken: null,
      apiKey: query.get('apiKey') ?? '',
      clientCode: query.get('clientCode') ?? '',
      feedToken: query.get('feedToken') ?? '',
    };
  }
  const header = (name: string): string => {
    const value = headers[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    // The broker's Python login hands the token out with the prefix, its other SDKs without: both connect.
    authToken: header('authorization').replace(/^Bearer\s+/i, ''),
    apiKey: header('x-api-key'),
    clientCode: header('x-client-code'),
    feedToken: header('x-feed-token'),
  };
}

/** The first thing wrong with the credentials, in the exchange's words, or null. */
export function findCredentialFault(
  offered: OfferedCredentials,
  expected: ExchangeCredentials,
): string | null {
  if (offered.authToken !== null && offered.authToken !== expected.authToken) {
    return 'Invalid Header - Invalid Auth token';
  }
  if (offered.clientCode !== expected.clientCode) return 'Invalid Header - Invalid Client Code';
  if (offered.apiKey !== expected.apiKey) return 'Invalid Header - Invalid API Key';
  if (offered.feedToken !== expected.feedToken) return 'Invalid Header - Invalid Feed Token';
  return null;
}

/**
 * The whole HTTP answer to a refused handshake. The message goes into the header `x-error-message`, which the live
 * exchange sometimes leaves out. A 429 brings an HTML page, as it does from the live exchange.
 */
export function formatRefusal({ status, message }: HandshakeRefusal): string {
  const reason = reasonOf(status);
  const isPage = status === 429;
  const body = isPage
    ? '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>\n' +
      `<title>Error 429 ${reason}</title>\n</head>\n<body><h2>HTTP ERROR 429 ${reason}</h2>\n<table>\n` +
      `<tr><th>URI:</th><td>${STREAM_PATH}</td></tr>\n<tr><th>STATUS:</th><td>429</td></tr>\n` +
      `<tr><th>MESSAGE:</th><td>${reason}</td></tr>\n<tr><th>SERVLET:</th><td>smartStreamServlet</td></tr>\n` +
      '</table>\n<hr/><a href="https://eclipse.org/jetty">Powered by Jetty</a><hr/>\n</body>\n</html>\n'
    : '';
  const headers = {
    ...(isPage ? { 'Content-Type': 'text/html;charset=utf-8' } : {}),
    ...(message === undefined ? {} : { 'x-error-message': message }),
  };
  return formatHttpRefusal(status, headers, body);
}

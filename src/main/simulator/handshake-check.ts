import type { IncomingMessage } from 'node:http';
import type { FeedCredentials } from '../../workers/worker-messages.ts';

export const STREAM_PATH = '/smart-stream';
export const LIMIT_MESSAGE = 'Invalid Request. Connection Limit Exceeded.';

/** A handshake that is answered with an HTTP status instead of a socket. */
export interface Refusal {
  readonly status: number;
  /** Goes into the header `x-error-message`; the live exchange sometimes leaves it out. */
  readonly message?: string;
}

/** Credentials as a client gave them; null is what its form of the handshake does not carry. */
export interface OfferedCredentials {
  readonly authToken: string | null;
  readonly apiKey: string;
  readonly clientCode: string;
  readonly feedToken: string;
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** The request's URL, of which only path and query mean anything. */
export function requestUrl(request: IncomingMessage): URL | null {
  return URL.parse(request.url ?? '/', 'ws://localhost');
}

/**
 * Reads the header form, or the query form (for browsers, which cannot set headers; it has no JWT) if the query names a
 * client.
 */
export function readOfferedCredentials(request: IncomingMessage): OfferedCredentials {
  const query = requestUrl(request)?.searchParams;
  if (query?.has('clientCode')) {
    return {
      authToken: null,
      apiKey: query.get('apiKey') ?? '',
      clientCode: query.get('clientCode') ?? '',
      feedToken: query.get('feedToken') ?? '',
    };
  }
  return {
    // The broker's Python login hands the token out with the prefix, its other SDKs without: both connect.
    authToken: header(request, 'authorization').replace(/^Bearer\s+/i, ''),
    apiKey: header(request, 'x-api-key'),
    clientCode: header(request, 'x-client-code'),
    feedToken: header(request, 'x-feed-token'),
  };
}

/** The first thing wrong with the credentials, in the exchange's words, or null. */
export function findCredentialFault(offered: OfferedCredentials, expected: FeedCredentials): string | null {
  if (offered.authToken !== null && offered.authToken !== expected.authToken) {
    return 'Invalid Header - Invalid Auth token';
  }
  if (offered.clientCode !== expected.clientCode) return 'Invalid Header - Invalid Client Code';
  if (offered.apiKey !== expected.apiKey) return 'Invalid Header - Invalid API Key';
  if (offered.feedToken !== expected.feedToken) return 'Invalid Header - Invalid Feed Token';
  return null;
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [429, 'Too Many Requests'],
  [500, 'Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
]);

/** The whole HTTP answer to a refused handshake. A 429 brings an HTML page, as it does from the live exchange. */
export function formatRefusal(refusal: Refusal): string {
  const { status, message } = refusal;
  const reason = REASONS.get(status) ?? 'Error';
  const body =
    status === 429
      ? '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>\n' +
        `<title>Error 429 ${reason}</title>\n</head>\n<body><h2>HTTP ERROR 429 ${reason}</h2>\n<table>\n` +
        `<tr><th>URI:</th><td>${STREAM_PATH}</td></tr>\n<tr><th>STATUS:</th><td>429</td></tr>\n` +
        `<tr><th>MESSAGE:</th><td>${reason}</td></tr>\n<tr><th>SERVLET:</th><td>smartStreamServlet</td></tr>\n` +
        '</table>\n<hr/><a href="https://eclipse.org/jetty">Powered by Jetty</a><hr/>\n</body>\n</html>\n'
      : '';
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 429 ? ['Content-Type: text/html;charset=utf-8'] : []),
    ...(message === undefined ? [] : [`x-error-message: ${message}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** A WebSocket handshake that is answered with an HTTP status instead of a socket. */
export interface HandshakeRefusal {
  readonly status: number;
  /** What the server says beside the status, where its wire has a place for it. */
  readonly message?: string;
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [429, 'Too Many Requests'],
  [500, 'Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
]);

/** The reason phrase of a status. */
export function reasonOf(status: number): string {
  return REASONS.get(status) ?? 'Error';
}

/** The whole HTTP/1.1 answer, after which the connection is closed. */
export function formatHttpRefusal(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): string {
  const lines = [
    `HTTP/1.1 ${status} ${reasonOf(status)}`,
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

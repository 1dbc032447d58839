/** What the handshake of a SmartStream socket says about who connects. */
export interface AngelCredentials {
  /** The JWT of the login, sent as given: with or without `Bearer `, both connect. */
  readonly authToken: string;
  readonly feedToken: string;
  readonly apiKey: string;
  readonly clientCode: string;
}

/** All four headers; they keep the credentials out of the URL, hence out of logs. */
export function angelHandshakeHeaders(credentials: AngelCredentials): Record<string, string> {
  return {
    Authorization: credentials.authToken,
    'x-api-key': credentials.apiKey,
    'x-client-code': credentials.clientCode,
    'x-feed-token': credentials.feedToken,
  };
}

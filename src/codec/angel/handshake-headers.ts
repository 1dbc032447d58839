import type { FeedCredentials } from '../../workers/worker-messages.ts';

/**
 * The request headers that authenticate a SmartStream handshake. The official documentation calls all four mandatory.
 * The token is sent as given: the server takes it with and without `Bearer ` in front.
 */
export function angelHandshakeHeaders(credentials: FeedCredentials): Record<string, string> {
  return {
    Authorization: credentials.authToken,
    'x-api-key': credentials.apiKey,
    'x-client-code': credentials.clientCode,
    'x-feed-token': credentials.feedToken,
  };
}

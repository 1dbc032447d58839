/**
 * Whose messages are compressed: `permessage-deflate` (RFC 7692), for those who ask for it while the operator allows it.
 * Browsers offer it in every handshake without wanting it, so the offer alone is not taken. Proxy worker thread, at the pace
 * of connections.
 *
 * The library compresses each message for each client by itself, with one compressor for the whole thread that forgets
 * everything between two messages: no memory per client, and a price per delivery that OPERATIONS.md names.
 */
import type { CompressOptions, TemplatedApp } from 'uWebSockets.js';
import { COMPRESS_PARAMETER } from '../../../codec/connection-options.ts';

/** As in the library, whose types have them without values. Answers of clients are inflated the same way. */
export const SHARED: { readonly COMPRESSOR: CompressOptions; readonly DECOMPRESSOR: CompressOptions } = {
  COMPRESSOR: 1,
  DECOMPRESSOR: 256,
};
const DISABLED: CompressOptions = 0;
const EXTENSION = 'permessage-deflate';

/** What the library is set to. */
export function compressionOf(isAllowed: boolean): CompressOptions {
  return isAllowed ? SHARED.COMPRESSOR | SHARED.DECOMPRESSOR : DISABLED;
}

/**
 * The part of a client's offer that the library shall see: all of it, or ''.
 * @param offered `Sec-WebSocket-Extensions`, '' where there is none
 * @param query the URL's query, without `?`
 */
export function acceptedExtensions(isAllowed: boolean, offered: string, query: string): string {
  if (!isAllowed || !offered.includes(EXTENSION)) return '';
  return new URLSearchParams(query).get(COMPRESS_PARAMETER) === 'on' ? offered : '';
}

/** Where ticks are published: the library compresses them for those subscribers that negotiated it, and for no others. */
export function publisherOf(app: TemplatedApp, isAllowed: boolean): Pick<TemplatedApp, 'publish'> {
  if (!isAllowed) return app;
  return { publish: (topic, message, isBinary = false) => app.publish(topic, message, isBinary, true) };
}

/**
 * Which clients get each tick in a TCP write of its own. Proxy worker thread, at the pace of connections.
 *
 * OpenAlgo's AmiBroker plugin decodes only the first WebSocket frame of what one socket read returns; the frames behind
 * it are lost to it. The library writes all that one turn of the event loop brings at once, so such a client would see
 * one tick of each turn. A tick that is sent by itself, with Nagle's algorithm off as the library has it, leaves as a
 * segment of its own. More cannot be promised: TCP keeps no boundaries, so ticks that come faster than the client reads
 * meet in its receive buffer.
 */

/** The example key of RFC 6455, which the plugin sends in every handshake. */
const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const CLIENT_NAME = 'amibroker';

/**
 * Known by its handshake, or by `client=amibroker` in its URL. A program that merely copied the key gets the same ticks
 * at a higher cost.
 * @param key `Sec-WebSocket-Key`
 * @param extensions `Sec-WebSocket-Extensions`, '' where there is none
 * @param query the URL's query, without `?`
 */
export function isDirectClient(key: string, extensions: string, query: string): boolean {
  if (key === SAMPLE_KEY && extensions === '') return true;
  return query !== '' && new URLSearchParams(query).get('client') === CLIENT_NAME;
}

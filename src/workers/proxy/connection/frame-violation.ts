/**
 * Why the socket library dropped a connection by itself. It says so in words; nothing is sent to the client. Proxy worker
 * thread, when a connection ends.
 */
const ABNORMAL = 1006;

export type FrameViolation = 'tooBig' | 'malformed';

/**
 * @param code of the end of a connection; no client can close with 1006
 * @param reason the library's words with that code
 */
export function frameViolation(code: number, reason: ArrayBuffer): FrameViolation | null {
  if (code !== ABNORMAL || reason.byteLength === 0) return null;
  switch (Buffer.from(reason).toString('latin1')) {
    case 'Received too big message':
      return 'tooBig';
    case 'Received invalid WebSocket frame':
    case 'Received invalid UTF-8':
      return 'malformed';
    default:
      return null;
  }
}

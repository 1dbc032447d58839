/** What bridge and clients say to each other through the NATS server, beside the ticks. */
import { EXCHANGE } from '../bench-instruments.ts';

/** Requests of clients, as they would send them to a server of OpenAlgo's protocol; answered at the inbox. */
export const REQUESTS = 'relay.request';
/** A client goes: an empty message, with its inbox. */
export const LEAVES = 'relay.leave';

export function tickSubject(symbol: string): string {
  return `tick.${EXCHANGE}.${symbol}`;
}

/** A message without its payload. @param bytes of the payload */
export function publishHead(subject: string, bytes: number, replyTo = ''): string {
  return `PUB ${subject} ${replyTo}${replyTo === '' ? '' : ' '}${bytes}\r\n`;
}

/** @param name what the server is to call the connection */
export function connectLine(name: string): string {
  return `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, name, lang: 'node', version: '0', protocol: 1 })}\r\n`;
}

/**
 * OpenAlgo's AmiBroker plugin, the strictest client that is in use: a WebSocket client written by hand that looks for the
 * text of the handshake, decodes only the first frame of each socket read, and finds values by text search.
 */
import assert from 'node:assert/strict';
import { AMIBROKER_KEY, OPCODE, RawClient } from './raw-client.ts';
import { until } from './until.ts';

export const PLUGIN_SYMBOLS = ['RELIANCE', 'INFY', 'TCS', 'SBIN', 'ITC'];

/** The text of the only frame that the plugin decodes of a read; null when the read does not begin with a whole one. */
export function firstFrame(read: Buffer): string | null {
  if (read.length < 4 || read[0] !== (0x80 | OPCODE.TEXT)) return null;
  const short = read[1]!;
  const start = short === 126 ? 4 : 2;
  const end = start + (short === 126 ? read.readUInt16BE(2) : short);
  if (read.length < end) return null;
  return read.toString('utf8', start, end);
}

/** Authenticated, with every symbol of PLUGIN_SYMBOLS subscribed. */
export async function connectPlugin(wsUrl: string, key: string): Promise<RawClient> {
  const plugin = await RawClient.connect(wsUrl, '/', AMIBROKER_KEY);
  plugin.send({ action: 'authenticate', api_key: key });
  await until('the answer', () => plugin.reads.length > 0);
  assert.ok(plugin.reads[0]!.length <= 1024 && plugin.reads[0]!.includes('success'));
  for (const symbol of PLUGIN_SYMBOLS) {
    plugin.send({ action: 'subscribe', symbol, exchange: 'NSE', mode: 2 });
    await until('the confirmation', () => plugin.reads.some((read) => read.includes(`"${symbol}"`)));
  }
  return plugin;
}

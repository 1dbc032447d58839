/** A server's texts are shown and logged, and the key has no place there: whoever repeats it is not repeated. */
import { isMessage, type WireMessage } from './wire.ts';

/** Shorter than any real key: a word that stands in texts by chance. */
const LEAST_LENGTH = 8;
/** What people read of a message. */
const TEXTS = ['message', 'reason', 'code'] as const;

export function withoutKey(text: string, key: string): string {
  return key.length < LEAST_LENGTH ? text : text.replaceAll(key, '[key]');
}

/** Its texts, and those of the instruments that it is about. */
export function messageWithoutKey(message: WireMessage, key: string): WireMessage {
  const cleaned = textsWithoutKey(message, key);
  const { subscriptions } = cleaned;
  if (!Array.isArray(subscriptions)) return cleaned;
  const entries: readonly unknown[] = subscriptions;
  return {
    ...cleaned,
    subscriptions: entries.map((each) => (isMessage(each) ? textsWithoutKey(each, key) : each)),
  };
}

function textsWithoutKey(message: WireMessage, key: string): WireMessage {
  const cleaned: Record<string, unknown> = { ...message };
  for (const name of TEXTS) {
    const text = message[name];
    if (typeof text === 'string') cleaned[name] = withoutKey(text, key);
  }
  return cleaned;
}

/** Reads what a dashboard says on its WebSocket. */
import type { LiveRequest } from './operator-messages.ts';

/** Longest lists that are sent. */
const MAX_CLIENTS = 1000;
const MAX_LOG_LINES = 1000;
const MAX_ID = 40;
const MAX_NAME = 40;

type Fields = Readonly<Record<string, unknown>>;

/** The object that a message holds; null when it holds none. */
export function parseLiveMessage(bytes: ArrayBuffer): Fields | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** The request that it is, or what is wrong with it, as the dashboard may show it. */
export function readLiveRequest(message: Fields | null): LiveRequest | string {
  switch (message?.do) {
    case 'clients': {
      const limit = wholeNumber(message.limit ?? 200, MAX_CLIENTS);
      return limit === null
        ? `limit must be a whole number from 0 to ${MAX_CLIENTS}`
        : { do: 'clients', limit };
    }
    case 'log': {
      const last = wholeNumber(message.last ?? 200, MAX_LOG_LINES);
      return last === null ? `last must be a whole number from 0 to ${MAX_LOG_LINES}` : { do: 'log', last };
    }
    case 'subscriptions':
    case 'disconnect': {
      const { id } = message;
      const isId = typeof id === 'string' && id.length <= MAX_ID && /^\d+(\.\d+)?-\d+$/.test(id);
      return isId ? { do: message.do, id } : 'id must be that of a client in the list of clients';
    }
    case 'config':
      return { do: 'config' };
    default:
      return 'a message is an object whose do is clients, subscriptions, disconnect, config or log';
  }
}

/** What a message asks for, as a refusal repeats it: what strangers wrote is neither long nor anything but text. */
export function requestName(message: Fields | null): string {
  return typeof message?.do === 'string' ? message.do.slice(0, MAX_NAME) : '';
}

function wholeNumber(value: unknown, max: number): number | null {
  const isNumber = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
  return isNumber ? value : null;
}

/**
 * What an answer of Angel One's SmartAPI means. Failures come with HTTP 200 too, in two forms of JSON:
 *
 *   {"status": false, "message": "Invalid totp", "errorcode": "AB1050", "data": null}      the services
 *   {"success": false, "message": "Invalid Token", "errorCode": "AG8001", "data": ""}      the gateway
 *
 * and not every answer is JSON: a rate limit is a 403 with a plain text, the firewall and an outage answer with a page.
 */

export type RestCall = 'login' | 'renew' | 'profile';

/** What kind of failure it is, which is what decides what to do. */
export type RestFailureKind =
  /** Client code, PIN or password are wrong. Repeating it may lock the account. */
  | 'credentials'
  /** The one-time code is wrong, or was used before. */
  | 'totp'
  /** The account may not log in. */
  | 'account'
  /** The API key, or what it is allowed. */
  | 'configuration'
  /** The access token is no longer good. */
  | 'session'
  /** The refresh token is no longer good. */
  | 'refresh'
  /** Too many requests. */
  | 'rate'
  /** Something at the broker's or on the way that will pass. */
  | 'transient'
  /** The broker's firewall: a wrong path, or this address. */
  | 'firewall'
  /** The broker does not understand what we send. */
  | 'defect'
  | 'unknown';

export interface RestFailure {
  readonly kind: RestFailureKind;
  /** The broker's code, or `HTTP 503` and the like; never empty. */
  readonly code: string;
  /** The broker's own words, at most 200 characters. */
  readonly message: string;
}

export type RestAnswer =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
  | ({ readonly ok: false } & RestFailure);

const MAX_SHOWN_CHARACTERS = 200;
const RATE_TEXT = 'exceeding access rate';

/** Angel's codes. Those that mean one thing at login and another elsewhere are in `AT_LOGIN` too. */
const KINDS: ReadonlyMap<string, RestFailureKind> = new Map([
  ['AG8001', 'session'], // Invalid Token
  ['AG8002', 'session'], // Token Expired
  ['AG8003', 'defect'], // Token missing
  ['AG8004', 'configuration'], // Invalid API Key
  ['AB8050', 'refresh'], // Invalid Refresh Token
  ['AB8051', 'refresh'], // Refresh Token Expired
  ['AB1010', 'session'], // AMX Session Expired
  ['AB1011', 'session'], // Client not login
  ['AB1019', 'session'], // seen by one project as a token failure
  ['AB1050', 'totp'], // Invalid totp; also seen with an empty PIN
  ['AB1007', 'transient'], // AMX Error
  ['AB1000', 'credentials'], // Invalid Email Or Password
  ['AB1001', 'credentials'], // Invalid Email
  ['AB1002', 'credentials'], // Invalid Password Length
  ['AB1031', 'credentials'], // Old Password Mismatch
  ['AB1032', 'credentials'], // User Not Found
  ['AB1005', 'defect'], // User Type Must Be USER
  ['AB1006', 'account'], // Client Is Block For Trading
  ['AB1003', 'transient'], // Client Already Exists
  ['AB1004', 'transient'], // Something Went Wrong, Please Try After Sometime
  ['AB2000', 'transient'], // Error not specified
  ['AB2001', 'transient'], // Internal Error
]);

const AT_LOGIN: ReadonlyMap<string, RestFailureKind> = new Map([
  ['AB1007', 'credentials'], // Login Id or password is invalid
]);

/** @param body the text as it came. Never throws. */
export function readRestAnswer(call: RestCall, status: number, body: string): RestAnswer {
  const code = `HTTP ${status}`;
  if (status === 429 || body.includes(RATE_TEXT)) return failure('rate', code, body);
  const json = parseObject(body);
  if (json !== null) return readJson(call, status, json);
  const supportId = /support id[^0-9]{0,20}([0-9]+)/i.exec(body)?.[1];
  if (supportId !== undefined)
    return failure('firewall', code, `the request was rejected, support id ${supportId}`);
  if (status === 401) return failure('session', code, body);
  if (status === 403) return failure('firewall', code, body);
  if (status === 415) return failure('defect', code, body);
  if (status >= 500 || body.trim() === '') return failure('transient', code, body);
  return failure('unknown', code, body);
}

function readJson(call: RestCall, status: number, json: Readonly<Record<string, unknown>>): RestAnswer {
  // A text "true" or "false" is neither.
  const isOk = json.status === true || json.success === true;
  const data = asObject(json.data);
  if (status === 200 && isOk && data !== null) return { ok: true, data };
  const message = typeof json.message === 'string' ? json.message : '';
  const code = textOf(json.errorcode) || textOf(json.errorCode);
  if (status === 200 && isOk)
    return failure('unknown', code || `HTTP ${status}`, message || 'an answer without data');
  const known = (call === 'login' ? AT_LOGIN.get(code) : undefined) ?? KINDS.get(code);
  const kind = known ?? (status >= 500 ? 'transient' : status === 401 ? 'session' : 'unknown');
  return failure(kind, code || `HTTP ${status}`, message);
}

function failure(kind: RestFailureKind, code: string, message: string): RestAnswer {
  const text = message.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  return { ok: false, kind, code, message: text.trim().slice(0, MAX_SHOWN_CHARACTERS) };
}

function parseObject(body: string): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(body));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** The session's tokens in the answer to `login` or `renew`; empty where the broker left one out. */
export function readTokens(data: Readonly<Record<string, unknown>>): {
  readonly authToken: string;
  readonly feedToken: string;
  readonly refreshToken: string;
} {
  return {
    authToken: textOf(data.jwtToken)
      .replace(/^bearer\s+/i, '')
      .trim(),
    feedToken: textOf(data.feedToken),
    refreshToken: textOf(data.refreshToken),
  };
}

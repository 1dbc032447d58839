/** The calls of Angel One's SmartAPI that a login needs. Nothing that is sent is ever part of what is returned or thrown. */
import { once } from 'node:events';
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestPlain,
} from 'node:http';
import { request as requestTls } from 'node:https';
import { networkInterfaces } from 'node:os';
import { type RestAnswer, type RestCall, readRestAnswer } from '../../codec/angel/rest-answer.ts';
import { describeConnectError } from '../../workers/feed/connect-error.ts';
import { hideSecrets } from './hide-secrets.ts';

const PATHS: Readonly<Record<RestCall, string>> = {
  login: '/rest/auth/angelbroking/user/v1/loginByPassword',
  renew: '/rest/auth/angelbroking/jwt/v1/generateTokens',
  profile: '/rest/secure/angelbroking/user/v1/getProfile',
};
const TIMEOUTS_MS: Readonly<Record<RestCall, number>> = { login: 10_000, renew: 7000, profile: 7000 };
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_RETRY_AFTER_MS = 60_000;

/** Errors of a request of which not a byte was sent: no connection, or a certificate that is not to be trusted. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$|CERT|SIGNED|ISSUER|VERIFY/;

/** What Angel wants to know of the client; it does not seem to check it, but wants it on every call. */
export interface ClientAddresses {
  readonly localIp: string;
  readonly publicIp: string;
  readonly mac: string;
}

export interface SmartApiOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly client: ClientAddresses;
  /** For all calls, in place of the usual ones, ms. */
  readonly timeoutMs?: number;
  /** Ends calls that are under way. */
  readonly signal?: AbortSignal;
}

export interface SmartApiReply {
  readonly answer: RestAnswer;
  /** Whether the request may have come to the server; false only where there was no connection at all. */
  readonly hasReached: boolean;
  /** How much our clock is ahead of the server's, ms; null when it said nothing. */
  readonly clockAheadMs: number | null;
  /** How long the server asks to wait, ms. */
  readonly retryAfterMs: number | null;
}

export class SmartApi {
  readonly #options: SmartApiOptions;

  constructor(options: SmartApiOptions) {
    this.#options = options;
  }

  login(clientCode: string, pin: string, totp: string): Promise<SmartApiReply> {
    return this.#call('login', { clientcode: clientCode, password: pin, totp }, null, [pin, totp]);
  }

  /** @param authToken the present one, which is sent along; null without one */
  renew(refreshToken: string, authToken: string | null): Promise<SmartApiReply> {
    return this.#call('renew', { refreshToken }, authToken, [refreshToken]);
  }

  profile(authToken: string): Promise<SmartApiReply> {
    return this.#call('profile', null, authToken, []);
  }

  /** Never rejects: what goes wrong on the way is an answer too. */
  async #call(
    call: RestCall,
    body: Readonly<Record<string, string>> | null,
    authToken: string | null,
    secrets: readonly string[],
  ): Promise<SmartApiReply> {
    const { baseUrl, apiKey, timeoutMs, signal } = this.#options;
    const hidden = [...secrets, apiKey, ...(authToken === null ? [] : [authToken])];
    try {
      const { status, headers, text } = await exchange(new URL(PATHS[call], baseUrl), {
        method: body === null ? 'GET' : 'POST',
        headers: this.#headers(authToken),
        body: body === null ? null : JSON.stringify(body),
        signal: anyOf(AbortSignal.timeout(timeoutMs ?? TIMEOUTS_MS[call]), signal),
      });
      const answer = readRestAnswer(call, status, text);
      // Hidden in the whole text, since a message may end in the middle of a secret.
      const shown = answer.ok ? answer : readRestAnswer(call, status, hideSecrets(text, hidden));
      return {
        answer: answer.ok || shown.ok ? answer : { ...answer, message: shown.message },
        hasReached: true,
        clockAheadMs: clockAhead(headers.date),
        retryAfterMs: retryAfter(headers['retry-after']),
      };
    } catch (error) {
      const message = hideSecrets(reasonOf(error, baseUrl), hidden);
      return {
        answer: { ok: false, kind: 'transient', code: 'NETWORK', message },
        hasReached: !NOT_CONNECTED.test(codeOf(error)),
        clockAheadMs: null,
        retryAfterMs: null,
      };
    }
  }

  #headers(authToken: string | null): OutgoingHttpHeaders {
    const { apiKey, client } = this.#options;
    return {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      'X-UserType': 'USER',
      'X-SourceID': 'WEB',
      'X-ClientLocalIP': client.localIp,
      'X-ClientPublicIP': client.publicIp,
      'X-MACAddress': client.mac,
      'X-PrivateKey': apiKey,
      ...(authToken === null ? {} : { Authorization: `Bearer ${authToken}` }),
    };
  }
}

/** What is configured, else what this host has; nobody is asked for the public address. */
export function clientAddresses(given: {
  readonly localIp: string | null;
  readonly publicIp: string | null;
  readonly mac: string | null;
}): ClientAddresses {
  const cards = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const card = cards.find(({ internal, family }) => !internal && family === 'IPv4');
  return {
    localIp: given.localIp ?? card?.address ?? '127.0.0.1',
    publicIp: given.publicIp ?? '127.0.0.1',
    mac: given.mac ?? card?.mac ?? '00:00:00:00:00:00',
  };
}

interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** One request and its whole answer. A redirection is an answer like any other: a PIN goes nowhere but where it was sent. */
async function exchange(
  url: URL,
  { method, headers, body, signal }: Exchange,
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const options = { method, headers: { ...headers, ...lengthOf(body) }, signal };
  const request =
    url.protocol === 'https:'
      ? // Whatever the environment says of certificates.
        requestTls(url, { ...options, rejectUnauthorized: true, minVersion: 'TLSv1.2' })
      : requestPlain(url, options);
  // An error that comes when nobody waits for the request any more would end the process.
  request.on('error', () => {});
  request.end(body ?? undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

function anyOf(timeout: AbortSignal, stop: AbortSignal | undefined): AbortSignal {
  return stop === undefined ? timeout : AbortSignal.any([timeout, stop]);
}

function lengthOf(body: string | null): OutgoingHttpHeaders {
  return body === null ? {} : { 'Content-Length': Buffer.byteLength(body) };
}

function clockAhead(date: string | undefined): number | null {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? null : Date.now() - theirs;
}

function retryAfter(header: string | undefined): number | null {
  return header !== undefined && /^\d+$/.test(header)
    ? Math.min(Number(header) * 1000, MAX_RETRY_AFTER_MS)
    : null;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reasonOf(error: unknown, url: string): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'no answer in time';
  return describeConnectError(error, url);
}

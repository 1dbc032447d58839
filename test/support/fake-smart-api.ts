/** Angel One's SmartAPI as its documentation and many live copies have it: answers, failures, and what is neither. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';

export const ACCOUNT = { clientCode: 'A123456', pin: '0821', code: '081804', apiKey: 'app-key-1' } as const;

const LOGIN = '/rest/auth/angelbroking/user/v1/loginByPassword';
const RENEW = '/rest/auth/angelbroking/jwt/v1/generateTokens';
const PROFILE = '/rest/secure/angelbroking/user/v1/getProfile';
const CALLS: Readonly<Record<string, FakeCall>> = {
  [LOGIN]: 'login',
  [RENEW]: 'renew',
  [PROFILE]: 'profile',
};
const HUGE_BYTES = 2 * 1024 * 1024;

export type FakeCall = 'login' | 'renew' | 'profile';

/** What the next request is answered with, whatever is in it. */
export type Misbehaviour =
  | 'rate-limit'
  | 'firewall'
  | 'web-page'
  | 'unavailable'
  | 'silent'
  | 'cut'
  | 'huge'
  | 'redirect'
  | 'no-feed-token'
  | { readonly errorcode: string; readonly message: string };

export interface FakeRequest {
  readonly call: FakeCall;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, string>>;
}

/** Failures in the form of the services, and of the gateway. */
const service = (errorcode: string, message: string) => ({ status: false, message, errorcode, data: null });
const gateway = (errorCode: string, message: string) => ({ success: false, message, errorCode, data: '' });

export class FakeSmartApi {
  readonly url: string;
  readonly requests: FakeRequest[] = [];
  /** Answers to the next requests of a call, before the right ones. */
  readonly misbehaviour: Record<FakeCall, Misbehaviour[]> = { login: [], renew: [], profile: [] };
  /** Codes that are right. */
  codes: readonly string[] = [ACCOUNT.code];
  /** How much the server's clock is behind, ms. */
  behindMs = 0;
  #issued = 0;
  #refreshToken = '';
  authToken = '';

  private constructor(url: string) {
    this.url = url;
  }

  static async start(t: TestContext): Promise<FakeSmartApi> {
    const http = createServer((request, response) => void fake.#serve(request, response)).listen(
      0,
      '127.0.0.1',
    );
    await once(http, 'listening');
    t.after(() => {
      http.closeAllConnections();
      http.close();
    });
    const address = http.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const fake = new FakeSmartApi(`http://127.0.0.1:${port}`);
    return fake;
  }

  count(call: FakeCall): number {
    return this.requests.filter((request) => request.call === call).length;
  }

  /** Tokens that no earlier session had. */
  issue() {
    this.#issued++;
    this.authToken = `JWT.SECRET.${this.#issued}`;
    this.#refreshToken = `REFRESH.SECRET.${this.#issued}`;
    const data = { jwtToken: this.authToken, refreshToken: this.#refreshToken, feedToken: this.feedToken };
    return { status: true, message: 'SUCCESS', errorcode: '', data };
  }

  get feedToken(): string {
    return `FEED.SECRET.${this.#issued}`;
  }

  get refreshToken(): string {
    return this.#refreshToken;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    response.setHeader('Date', new Date(Date.now() - this.behindMs).toUTCString());
    const call = CALLS[request.url ?? ''];
    if (call === undefined) {
      response.writeHead(403, { 'Content-Type': 'text/html' }).end(REJECTED);
      return;
    }
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, string>);
    this.requests.push({ call, headers: request.headers, body });
    const misbehaviour = this.misbehaviour[call].shift();
    if (misbehaviour !== undefined && misbehaviour !== 'no-feed-token')
      return misbehave(response, misbehaviour);
    const answer = this.#answer(call, request.headers, body) as { data?: object };
    if (misbehaviour === 'no-feed-token') answer.data = { ...answer.data, feedToken: '' };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer));
  }

  #answer(call: FakeCall, headers: IncomingHttpHeaders, body: Readonly<Record<string, string>>): object {
    if (headers['x-privatekey'] !== ACCOUNT.apiKey) return gateway('AG8004', 'Invalid API Key');
    if (headers['x-usertype'] !== 'USER') return service('AB1005', 'User Type Must Be USER');
    if (call === 'login') {
      if (body.clientcode !== ACCOUNT.clientCode || body.password !== ACCOUNT.pin)
        return service('AB1007', 'Login Id or password is invalid');
      return this.codes.includes(body.totp ?? '') ? this.issue() : service('AB1050', 'Invalid totp');
    }
    if (call === 'renew') {
      const isKnown = body.refreshToken === this.#refreshToken && this.#refreshToken !== '';
      return isKnown ? this.issue() : service('AB8050', 'Invalid Refresh Token');
    }
    if (headers.authorization !== `Bearer ${this.authToken}`) return gateway('AG8001', 'Invalid Token');
    const data = {
      clientcode: ACCOUNT.clientCode,
      name: 'EXAMPLE USER',
      exchanges: ['nse_cm'],
      products: [],
    };
    return { status: true, message: 'SUCCESS', errorcode: '', data };
  }
}

const REJECTED =
  '<html><head><title>Request Rejected</title></head><body>The requested URL was rejected.<br>' +
  'Your support ID is: 1234567890123456789</body></html>';

function misbehave(response: ServerResponse, misbehaviour: Exclude<Misbehaviour, 'no-feed-token'>): void {
  switch (misbehaviour) {
    case 'rate-limit':
      response.writeHead(403, { 'Content-Type': 'text/plain' });
      response.end('Access denied because of exceeding access rate');
      break;
    case 'firewall':
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(REJECTED);
      break;
    case 'web-page':
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><body>Welcome</body></html>');
      break;
    case 'unavailable':
      response.writeHead(503, { 'Content-Type': 'text/html' }).end('<html>Service Unavailable</html>');
      break;
    case 'silent':
      break;
    case 'cut':
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('{"status": true,', () => response.destroy());
      break;
    case 'huge':
      response.writeHead(200).end('x'.repeat(HUGE_BYTES));
      break;
    case 'redirect':
      response.writeHead(307, { Location: 'http://127.0.0.1:1/elsewhere' }).end();
      break;
    default:
      response.end(JSON.stringify(service(misbehaviour.errorcode, misbehaviour.message)));
  }
}

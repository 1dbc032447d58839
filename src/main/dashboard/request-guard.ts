/** Who may talk to the operator's listener at all: pages of other sites, in a browser on this machine, may not. */
import { isLoopback } from '../config/loopback.ts';

/** The name of a `Host` header without its port: `[::1]:8770` is `[::1]`. */
export function hostName(host: string): string {
  return /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1] ?? '';
}

/**
 * Whether a request is meant for this listener. A stranger's name may be made to stand for 127.0.0.1 (DNS rebinding), which
 * makes the stranger's page one of this address; the name in the request gives it away.
 *
 * @param listensOn address of the listener; one that other hosts reach may have any name
 * @param host the request's `Host` header
 */
export function isOwnHost(listensOn: string, host: string): boolean {
  return !isLoopback(listensOn) || isLoopback(hostName(host));
}

/**
 * Whether a WebSocket may be opened: by a page of this very listener, or by what is no browser and names no origin.
 *
 * @param origin the request's `Origin` header, '' without one
 */
export function isOwnOrigin(origin: string, host: string, isTls: boolean): boolean {
  return origin === '' || origin.toLowerCase() === `${isTls ? 'https' : 'http'}://${host}`.toLowerCase();
}

/**
 * The content security policy of the dashboard: its own files, its own WebSocket, and that of the clients.
 *
 * @param host the request's `Host` header
 * @param clientUrl where clients connect, null where there are none; its port counts under the page's own name too
 */
export function dashboardPolicy(host: string, isTls: boolean, clientUrl: string | null): string {
  const own = PLAIN_NAME.test(hostName(host)) ? [`${isTls ? 'wss' : 'ws'}://${host}`] : [];
  const sources = ["'self'", ...own, ...clientSources(host, clientUrl)];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    `connect-src ${[...new Set(sources)].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** What may stand in a policy: nothing that would end the directive. */
const PLAIN_NAME = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])$/;

function clientSources(host: string, clientUrl: string | null): string[] {
  if (clientUrl === null) return [];
  const { protocol, host: address, port } = new URL(clientUrl);
  const name = hostName(host);
  return [`${protocol}//${address}`, ...(PLAIN_NAME.test(name) ? [`${protocol}//${name}:${port}`] : [])];
}

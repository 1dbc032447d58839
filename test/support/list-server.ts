/** A server of instrument lists, with the ways in which such servers fail. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';

export type ListAnswer = (response: ServerResponse, request: IncomingMessage) => void;

export interface ListServer {
  readonly url: string;
  /** What each further request is answered with. */
  answer: ListAnswer;
  readonly requests: IncomingMessage[];
}

export async function startListServer(t: TestContext, answer: ListAnswer): Promise<ListServer> {
  const requests: IncomingMessage[] = [];
  const http = createServer((request, response) => {
    requests.push(request);
    server.answer(response, request);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const server: ListServer = { url: `http://127.0.0.1:${port}/list.json`, answer, requests };
  return server;
}

/** The text with its length and, if given, what marks its version. */
export function whole(text: string, etag?: string): ListAnswer {
  return (response, request) => {
    if (etag !== undefined && request.headers['if-none-match'] === etag) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      ...(etag === undefined ? {} : { ETag: etag }),
    });
    response.end(text);
  };
}

/** Packed, by the rules of HTTP or, without the header, as a file that is packed itself. */
export function packed(text: string, hasHeader: boolean): ListAnswer {
  return (response) => {
    response.writeHead(200, hasHeader ? { 'Content-Encoding': 'gzip' } : {});
    response.end(gzipSync(text));
  };
}

/** Half of the text; then the connection breaks, or stays without another byte. */
export function half(text: string, then: 'breaks' | 'stalls'): ListAnswer {
  return (response) => {
    response.writeHead(200, { 'Content-Length': Buffer.byteLength(text) });
    response.write(text.slice(0, text.length / 2), () => {
      if (then === 'breaks') response.destroy();
    });
  };
}

/** A whole answer of HTTP whose text ends in the middle of the list. */
export function cutText(text: string): ListAnswer {
  return whole(text.slice(0, text.length / 2));
}

export function status(code: number): ListAnswer {
  return (response) => void response.writeHead(code).end();
}

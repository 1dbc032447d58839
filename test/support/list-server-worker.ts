/** A server of a large instrument list in a thread of its own, so that making and sending it costs the test nothing. */
import { createServer } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { listText, scrips } from './scrip-list.ts';

/** @property rows in the list of the first request; each further list has one more */
export interface ListServerTask {
  readonly rows: number;
}

const port = parentPort!;
let { rows } = workerData as ListServerTask;
let text = listText(scrips(rows));
const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text, () => {
    rows++;
    text = listText(scrips(rows));
  });
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  port.postMessage(typeof address === 'object' && address !== null ? address.port : 0);
});
port.on('message', () => {
  server.closeAllConnections();
  server.close();
  port.close();
});

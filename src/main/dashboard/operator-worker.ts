/** The thread of the operator's listener. It holds native handles, so nobody ends it from outside. */
import { workerData } from 'node:worker_threads';
import { type NativeWorker, runNativeWorker } from '../../workers/native-worker.ts';
import type { TlsFiles } from '../../workers/reload-messages.ts';
import { FigureRequests } from './figure-requests.ts';
import { KeyCheck } from './key-check.ts';
import { LiveConnections } from './live-connections.ts';
import type { FromOperator, OperatorTask, ToOperator } from './operator-messages.ts';
import { OperatorServer } from './operator-server.ts';
import { SocketPlaces } from './socket-places.ts';
import { readStaticFiles } from './static-files.ts';

runNativeWorker<ToOperator>(async (port, fail, own) => {
  // Nothing is awaited before there is an owner: a stop that came in between would leave the listener open.
  const task = workerData as OperatorTask;
  const post = (message: FromOperator) => port.postMessage(message);
  const files = readStaticFiles();
  const keys = new KeyCheck(task.keys);
  const live = new LiveConnections(keys, task, post);
  const figures = new FigureRequests(post);
  const onSocketFailure = (address: string, detail: string) =>
    post({ type: 'socketFailed', address, detail });
  const onWrongKey = (address: string) => post({ type: 'wrongKey', address });
  const places = new SocketPlaces(
    () => live.size,
    () => post({ type: 'socketsRefused' }),
  );
  const parts = { files, keys, live, figures, places, onSocketFailure, onWrongKey };
  const server = new OperatorServer(task, parts);
  const replaceTls = async (tls: TlsFiles) => {
    const trouble = await server.replaceTls(tls).catch(String);
    // The thread that takes the place of this one begins with the certificate that there is.
    if (trouble !== '') fail(new Error(`the new certificate was not taken over: ${trouble}`));
  };
  const worker: NativeWorker<ToOperator> = {
    handle: (message) => {
      if (message.type === 'place') server.clientUrl = message.clientUrl;
      if (message.type === 'keys') {
        keys.use(message.keys);
        live.reviewKeys();
      } else if (message.type === 'tls') void replaceTls(message.tls);
      else if (message.type === 'figures') figures.answer(message.id, message.page);
      else return live.handle(message);
      return true;
    },
    counters: () => ({ dashboards: live.size, ...places.refused, ...keys.refused }),
    close: () => server.close(),
  };
  own(worker);
  const listening = await server.listen();
  if (listening === null)
    throw Object.assign(new Error(`cannot listen on ${task.host}:${task.port}`), { code: 'PORT_IN_USE' });
  return listening;
});

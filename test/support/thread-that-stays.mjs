/**
 * Preloaded into each thread of a process: the reader of the doctor's self-load hangs on its way out, in a system call, where
 * nothing can end it, as native code does that waits for what never comes.
 */
import { openSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';

const { FIFO_WITHOUT_WRITER: fifo = '' } = process.env;
if (!isMainThread && 'spinUs' in (workerData ?? {})) process.on('exit', () => openSync(fifo, 'r'));

/** Attacks of clients that want ticks: they do not read them, or change their mind all the time. */
import { type Attack, judgeEffort } from '../attack.ts';
import type { Crowd } from '../crowd.ts';

const NEVER_READING = 20;
const ASKING = 5;
const ASKED_PER_SECOND = 50;

/** Subscribes to everything, then reads no more. What was kept for it, it reads when the attack is over. */
async function neverRead(crowd: Crowd, place: number): Promise<void> {
  const socket = await crowd.join(place, crowd.target.symbols, 1 + (place % 2));
  if (socket === null) return;
  socket.pause();
  await crowd.untilEnd(socket);
}

/** Asks on and on for long answers and reads none of them. */
async function askWithoutReading(crowd: Crowd, place: number): Promise<void> {
  const socket = await crowd.join(place);
  if (socket === null) return;
  socket.pause();
  const { exchange, symbols } = crowd.target;
  const entries = symbols.map((symbol) => ({ symbol, exchange: `${exchange}X` }));
  const request = JSON.stringify({ action: 'subscribe', symbols: entries, mode: 2 });
  while (!crowd.isOver && !socket.isOver) {
    if (socket.unsent < request.length) socket.sendText(request);
    await crowd.pause(1000 / ASKED_PER_SECOND);
  }
}

export const neverReadingClients: Attack = {
  name: 'never-reading-clients',
  summary: '20 clients with all instruments that stop reading, 5 that go on asking and read no answer',
  // Until what is kept for them reaches its limit.
  leastSeconds: 3,
  run: async (crowd) => {
    await Promise.all([
      crowd.keep(NEVER_READING, (place) => neverRead(crowd, place)),
      crowd.keep(ASKING, (place) => askWithoutReading(crowd, place)),
    ]);
  },
  judge: judgeEffort({ opened: NEVER_READING / 4 }),
};

const CHURNERS = 10;
const SYMBOLS_PER_REQUEST = 200;
const REQUESTS_PER_SECOND = 100;

/**
 * Takes and gives back all instruments, in the two modes that the healthy clients' ticks serve: another mode would change
 * what the load sends, and no tick could be accounted for.
 */
async function churn(crowd: Crowd, place: number): Promise<void> {
  const socket = await crowd.join(place);
  if (socket === null) return;
  const { exchange, symbols } = crowd.target;
  const ask = async (request: Readonly<Record<string, unknown>>) => {
    if (!crowd.isOver) await socket.ask(request);
    await crowd.pause(1000 / REQUESTS_PER_SECOND);
  };
  for (let round = place; !crowd.isOver && !socket.isOver; round++) {
    const mode = 1 + (round % 2);
    for (const action of round % 3 === 0 ? ['subscribe'] : ['subscribe', 'unsubscribe']) {
      for (let i = 0; i < symbols.length; i += SYMBOLS_PER_REQUEST) {
        const part = symbols.slice(i, i + SYMBOLS_PER_REQUEST);
        await ask({ action, symbols: part.map((symbol) => ({ symbol, exchange, mode })), mode });
      }
    }
    await ask({ action: 'unsubscribe_all' });
  }
}

export const subscriptionChurn: Attack = {
  name: 'subscription-churn',
  summary: '10 clients that subscribe to all instruments and unsubscribe, again and again',
  run: (crowd) => crowd.keep(CHURNERS, (place) => churn(crowd, place)),
  judge: judgeEffort({ opened: CHURNERS / 2, messages: CHURNERS }),
};

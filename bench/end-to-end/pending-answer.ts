/** The one answer that a client waits for: it asks one thing after the other, and each has to succeed. */
type Answer = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 20_000;

export class PendingAnswer {
  #waiting: PromiseWithResolvers<Answer> | undefined;

  /** A message came that is no tick. */
  resolve(answer: Answer): void {
    this.#waiting?.resolve(answer);
  }

  /** None will come. */
  reject(error: Error): void {
    this.#waiting?.reject(error);
  }

  /**
   * @param send sends the request
   * @param late what is said when there is no answer in time
   * @throws Error when the answer is none of success, there is none in time, or the connection ends before
   */
  async of(send: () => void, late: () => string): Promise<void> {
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting = waiting;
    const timer = setTimeout(() => waiting.reject(new Error(late())), TIMEOUT_MS);
    send();
    try {
      const answer = await waiting.promise;
      if (answer.status !== 'success') throw new Error(`refused: ${JSON.stringify(answer).slice(0, 500)}`);
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }
}

/** What a reload has changed of the certificate for those who connect. Main thread. */
import type { TlsFiles } from '../../workers/reload-messages.ts';
import { type ConfigChange, certificateChange } from './config-changes.ts';

export class ShownCertificate {
  /** What some listeners may show still, behind a reload that they did not follow; null while all show the latest one. */
  #behind: TlsFiles | null = null;

  /**
   * @param before what was chosen before this reload
   * @param take resolves when every listener shows `now`, and rejects when one does not: the next reload tells what it has
   *   changed for those who see what was before
   */
  async replace(
    before: TlsFiles | null,
    now: TlsFiles | null,
    take: () => Promise<void>,
  ): Promise<readonly ConfigChange[]> {
    this.#behind ??= before;
    await take();
    const changes = certificateChange(this.#behind, now);
    this.#behind = null;
    return changes;
  }
}

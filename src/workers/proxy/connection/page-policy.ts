/** The content security policy of the page: its own script and style run, and nothing else. */
import { createHash } from 'node:crypto';

/**
 * Derived from the page's text, so that the policy cannot fall behind the page.
 *
 * @param html a page with inline `<script>` and `<style>` elements only
 * @returns the value of the `Content-Security-Policy` header
 */
export function pagePolicy(html: string): string {
  const hashes = (element: RegExp) =>
    [...html.matchAll(element)]
      .map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
      .join(' ');
  return [
    "default-src 'none'",
    `script-src ${hashes(/<script\b[^>]*>(.*?)<\/script>/gs)}`,
    `style-src ${hashes(/<style\b[^>]*>(.*?)<\/style>/gs)}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Address of a worker's entry file. Its extension is that of the running file: TypeScript in the repository, JavaScript
 * in the published package, where the compiler leaves the text of such an address as it is.
 *
 * @param name path below `workers/`, without extension
 */
export function workerScript(name: string): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`../workers/${name}${extension}`, import.meta.url);
}

/**
 * The environment of a Node process that must not take its settings from the caller's: the path, and the options of Node
 * that all other processes of the suite inherit.
 */
export function childEnvironment(): Record<string, string> {
  const { PATH = '', NODE_OPTIONS } = process.env;
  return NODE_OPTIONS === undefined ? { PATH } : { PATH, NODE_OPTIONS };
}

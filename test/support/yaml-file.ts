/** A YAML file as its readers read it: by Debian's Python, since no package of ours has a parser. */
import { spawnSync } from 'node:child_process';

/** Docker Compose's own tags (`!override`) are left out: what they stand at is read as it is. */
const READ = `
import json, sys, yaml
def untagged(loader, suffix, node):
    if isinstance(node, yaml.SequenceNode): return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode): return loader.construct_mapping(node, deep=True)
    return loader.construct_scalar(node)
yaml.SafeLoader.add_multi_constructor('!', untagged)
json.dump(yaml.safe_load(sys.stdin), sys.stdout)
`;

/** @throws Error with Python's words for what is no YAML */
export function parseYaml<T>(text: string): T {
  const { status, stdout, stderr, error } = spawnSync('/usr/bin/python3', ['-c', READ], {
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Python (with python3-yaml) cannot read it: ${error?.message ?? stderr}`);
  return JSON.parse(stdout) as T;
}
